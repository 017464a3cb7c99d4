"""`saqshy rules check|test|add|list|explain|trial`: the detection content."""

import typer

from pipeline.runtime.cli.rules_add import add_rules
from pipeline.runtime.cli.rules_check import check_rules
from pipeline.runtime.cli.rules_explain import explain_rule
from pipeline.runtime.cli.rules_list import list_rules
from pipeline.runtime.cli.rules_tests import run_rule_tests
from pipeline.runtime.cli.rules_trial import try_rules

rules = typer.Typer(
    help="Detection rules: check, test, add, list, explain, try.", no_args_is_help=True
)
rules.command("check")(check_rules)
rules.command("test")(run_rule_tests)
rules.command("add")(add_rules)
rules.command("list")(list_rules)
rules.command("explain")(explain_rule)
rules.command("trial")(try_rules)
