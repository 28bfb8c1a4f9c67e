"""The examples in the help of each command, as data; a test parses every one of them; runs nothing."""

from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    "preview": {
        "See what would change": "esa-prefetch preview --diff",
        "As input of `summary`": "esa-prefetch preview --json --show-sames",
    },
    "up": {
        "Read the real plans first, and do not ask": "esa-prefetch up --refresh --yes",
        "Only one resource": "esa-prefetch up --target '**::launch'",
    },
    "refresh": {
        "See what differs from the state": "esa-prefetch refresh --preview-only",
        "Exit with code 7 if anything does": "esa-prefetch refresh --yes --expect-no-changes",
    },
    "destroy": {
        "See what would be deleted": "esa-prefetch destroy --preview-only",
        "Remove the stack too": "esa-prefetch destroy --yes --remove",
    },
    "stack": {
        "The selected stack": "esa-prefetch stack",
        "Its outputs": "esa-prefetch stack output",
    },
    "stack init": {"A stack, selected from now on": "esa-prefetch stack init dev"},
    "stack select": {
        "Another stack": "esa-prefetch stack select prod",
        "One that may not exist yet": "esa-prefetch stack select --create dev",
    },
    "stack unselect": {"No stack by default": "esa-prefetch stack unselect"},
    "stack ls": {
        "The stacks of this project": "esa-prefetch stack ls",
        "Those of all projects": "esa-prefetch stack ls --all",
    },
    "stack output": {
        "All outputs": "esa-prefetch stack output",
        "One of them, for a program": "esa-prefetch stack output plans --json",
    },
    "stack export": {
        "The state in a file": "esa-prefetch stack export --file state.json"
    },
    "stack import": {
        "The state from a file": "esa-prefetch stack import --file state.json"
    },
    "stack rm": {
        "A stack without resources": "esa-prefetch stack rm dev",
        "Keep its configuration": "esa-prefetch stack rm dev --preserve-config --yes",
    },
    "stack history": {"The last updates": "esa-prefetch stack history --page-size 3"},
    "stack get": {"The selected stack as JSON": "esa-prefetch stack get --output json"},
    "config": {
        "All values": "esa-prefetch config",
        "Those of another stack": "esa-prefetch config --stack prod",
    },
    "config get": {"One value": "esa-prefetch config get esa-prefetch:endpoint"},
    "config set": {
        "A value inside a map": "esa-prefetch config set --path 'esa-prefetch:plans.launch.desiredState' stopped",
        "A secret, which is asked for": "esa-prefetch config set --secret esa-prefetch:secretKey",
    },
    "config rm": {
        "A value inside a map": "esa-prefetch config rm --path 'esa-prefetch:plans.launch'"
    },
    "config ls": {"All values, for a program": "esa-prefetch config ls --json"},
    "cancel": {"After a run was killed": "esa-prefetch cancel --yes"},
    "gen-completion": {
        "For bash, whose startup file may source it": "esa-prefetch gen-completion bash"
    },
    "summary": {
        "A comment for a pull request": "esa-prefetch preview --json --show-sames | esa-prefetch summary",
        "One line": "esa-prefetch summary preview.json --output line",
    },
    "progress": {
        "Until all plans have ended": "esa-prefetch progress",
        "Once, for a program": "esa-prefetch progress --json",
    },
    "timeline": {
        "The load from a given time on": "esa-prefetch timeline --at 2030-11-11T00:00:00Z",
        "As a picture": "esa-prefetch timeline --plot load.png",
    },
    "policy": {"The selected stack": "esa-prefetch policy analyze"},
    "policy analyze": {
        "The selected stack": "esa-prefetch policy analyze",
        "An exported state": "esa-prefetch policy analyze --file state.json --limits limits.yaml",
    },
    "doctor": {
        "The selected stack, or the environment alone": "esa-prefetch doctor",
        "With the prefetch allowance": "esa-prefetch doctor --site 190007158391808",
        "For a program": "esa-prefetch doctor --json",
        "What ESA's documentation does not say": "esa-prefetch doctor --probe "
        "--site 190007158391808 --url https://www.example.com/small.txt",
    },
    "warm": {
        "The jobs of the selected stack": "esa-prefetch warm",
        "A list, and the same sample again": "esa-prefetch warm --urls urls.txt --seed 7",
        "At an edge that DNS does not name yet": "esa-prefetch warm --urls urls.txt "
        "--resolve www.example.com:443:203.0.113.7",
    },
    "plan": {"Plans and their ids": "esa-prefetch plan ls --site 190007158391808"},
    "plan ls": {
        "The plans of the selected stack": "esa-prefetch plan ls",
        "Those of a job, for a program": "esa-prefetch plan ls --job 665d3af3621bccf3fe29e1a4 --json",
    },
    "plan show": {
        "By the name in the stack": "esa-prefetch plan show launch",
        "By ids": "esa-prefetch plan show 665d3af3621bccf3fe29e1a4:665d3b48621bccf3fe29e1a7",
    },
    "plan start": {
        "By the name in the stack": "esa-prefetch plan start launch",
        "By ids, and do not ask": "esa-prefetch plan start 665d3af3621bccf3fe29e1a4:665d3b48621bccf3fe29e1a7 --yes",
    },
    "plan stop": {"Two of them": "esa-prefetch plan stop launch catalogue-nightly"},
    "plan rerun": {
        "From the first URL": "esa-prefetch plan rerun launch",
        "From where its job is": "esa-prefetch plan rerun launch --resume",
    },
    "plan wait": {
        "Until it has finished": "esa-prefetch plan wait launch --timeout 2h",
        "Until it runs": "esa-prefetch plan wait launch --until running",
    },
    "plan declare": {
        "As lines of a program": "esa-prefetch plan declare --job 665d3af3621bccf3fe29e1a4 --as python",
        "Into the stack's file": "esa-prefetch plan declare --site 190007158391808 --write",
    },
    "emulator": {
        "Keep its state in a file": "esa-prefetch emulator --seed seed.json --data esa-data.json",
        "With one of ESA's possible behaviours": "esa-prefetch emulator --port 0 --dialect times-utc",
    },
    "version": {"What is installed": "esa-prefetch version"},
}


def examples_text(command: str) -> str:
    """The examples of a command in Markdown; empty for a command without any."""
    examples = EXAMPLES.get(command, {})
    rows = [f"- {text}: `{line}`" for text, line in examples.items()]
    return "\n\n".join(["Examples:", *rows]) if rows else ""
