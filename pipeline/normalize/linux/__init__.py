"""What Linux's own logs say: audit records, their types, system calls and addresses."""
