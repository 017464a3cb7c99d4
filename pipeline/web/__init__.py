"""What is served over HTTP: pages and interfaces for people and other systems."""
