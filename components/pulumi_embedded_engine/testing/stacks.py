"""A stack of a test, on either engine: what a test asks of it, and the values that it gets."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict, Unpack

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.property_values import reveal
from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.stacks.stack import Stack, root_outputs
from pulumi_embedded_engine.testing.projects import Program, TestProject
from pulumi_embedded_engine.testing.values import (
    Message,
    OperationFailed,
    OperationName,
    Record,
    Result,
    Step,
    is_of_program,
    record_of,
    secret_names,
)

# An operation that takes longer than this has probably stopped: it is ended, and fails.
SECONDS: Final = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The options of one operation: `targets` and `replace` are URNs, `parallel` counts steps that run at once."""

    targets: Sequence[str] = ()
    replace: Sequence[str] = ()
    refresh: bool = False
    continue_on_error: bool = False
    parallel: int = 4


class GivenOptions(TypedDict, total=False):
    """The options that a test gives to an operation; see `Options`."""

    targets: Sequence[str]
    replace: Sequence[str]
    refresh: bool
    continue_on_error: bool
    parallel: int


@dataclass(frozen=True, slots=True)
class Moment:
    """When an engine is killed: after the step of a resource, by its name, or after so many steps.

    `recorded`: after the state has the step. If not, when the provider has answered and the state does not know it.
    """

    after: str | int
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class Ran:
    """What an engine gives of one operation: `outputs` are set in a preview alone, where no state has them."""

    failed: bool
    steps: Sequence[Step]
    messages: Sequence[Message]
    outputs: Mapping[str, Any] | None = None


class PulumiStack(ABC):
    """A stack in a directory of its own, with a program, its configuration, and its state.

    `program`, `config`, `secrets` and `environ` may be changed between two operations. `environ` is added to the
    variables of the caller. Each operation gives a `Result`. It raises `OperationFailed`, an AssertionError, if it
    fails, or with `expect_failure` if it does not.

        stack = pulumi_engine.stack(program, config={"path": str(path)})
        assert stack.up().ops == {"greeting": "create"}
    """

    def __init__(
        self,
        project: TestProject,
        program: Program,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        environ: Mapping[str, str],
    ) -> None:
        self.program = program
        self.config = dict(config)
        self.secrets = dict(secrets)
        self.environ = dict(environ)
        self._project = project
        project.write_program(program)

    @property
    def directory(self) -> Path:
        """The directory of its project."""
        return self._project.directory

    @property
    def state(self) -> Mapping[str, Record]:
        """The records of the state by name, without the stack and its default providers."""
        return _records(self._snapshot())

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs of the stack, as plain values."""
        return _plain(root_outputs(self._snapshot()))

    @property
    def pending(self) -> Mapping[str, str]:
        """The operations of a killed run whose end is not known: creating, updating, deleting or reading, by name."""
        return {
            record_of(one.resource).name: one.type
            for one in self._snapshot().pending_operations
        }

    def preview(
        self, *, expect_failure: bool = False, **options: Unpack[GivenOptions]
    ) -> Result:
        """Show what `up` would do; changes nothing. `options`: see `Options`."""
        return self._run("preview", expect_failure, options)

    def up(
        self, *, expect_failure: bool = False, **options: Unpack[GivenOptions]
    ) -> Result:
        """Create, update, replace and delete what the program declares. `options`: see `Options`."""
        return self._run("up", expect_failure, options)

    def refresh(
        self, *, expect_failure: bool = False, **options: Unpack[GivenOptions]
    ) -> Result:
        """Read every resource into the state. `options`: see `Options`."""
        return self._run("refresh", expect_failure, options)

    def destroy(
        self, *, expect_failure: bool = False, **options: Unpack[GivenOptions]
    ) -> Result:
        """Delete every resource. `options`: see `Options`."""
        return self._run("destroy", expect_failure, options)

    def kill_during_up(
        self,
        *,
        after: str | int,
        recorded: bool = True,
        **options: Unpack[GivenOptions],
    ) -> None:
        """Run `up` in a process of its own, and kill it (SIGKILL) with its program and its providers.

        `after`: the name of the resource after whose step it dies, or the number of steps. With `recorded=False` it
        dies when the provider has answered and the state does not know that yet, as a computer that loses its power.
        Raises AssertionError if the operation ends before that moment.
        """
        self._write()
        self._kill(Moment(after, recorded), Options(**options))

    @abstractmethod
    def _operate(self, operation: OperationName, options: Options) -> Ran: ...

    @abstractmethod
    def _kill(self, moment: Moment, options: Options) -> None: ...

    def _run(
        self, operation: OperationName, expect_failure: bool, options: GivenOptions
    ) -> Result:
        self._write()
        try:
            ran = self._operate(operation, Options(**options))
        except EngineError as error:
            ran = Ran(failed=True, steps=(), messages=[Message("error", str(error))])
        snapshot = self._snapshot()
        outputs = root_outputs(snapshot) if ran.outputs is None else ran.outputs
        result = Result(
            operation=operation,
            failed=ran.failed,
            steps=tuple(ran.steps),
            messages=tuple(ran.messages),
            outputs=_plain(outputs),
            secrets=secret_names(outputs),
            state=_records(snapshot),
        )
        if result.failed and not expect_failure:
            raise OperationFailed(f"{operation} failed", result)
        if expect_failure and not result.failed:
            raise OperationFailed(f"{operation} did not fail", result)
        return result

    def _write(self) -> None:
        self._project.write_program(self.program)
        self._project.write_config(self.config, self.secrets)

    def _environ(self) -> dict[str, str]:
        return self._project.environ(self.environ)

    def _stack(self) -> Stack:
        return self._project.open(self._environ())

    def _snapshot(self) -> Snapshot:
        stack = self._stack()
        if stack.is_interrupted:
            stack.recover()
        return stack.snapshot()


class PulumiEngine:
    """Makes stacks that one engine runs; `name` is `embedded` or `pulumi`."""

    def __init__(self, name: str, root: Path, made: type[PulumiStack]) -> None:
        self.name = name
        self._root = root
        self._made = made
        self._count = 0

    def stack(
        self,
        program: Program,
        *,
        config: Mapping[str, Any] | None = None,
        secrets: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        project: str = "project",
    ) -> PulumiStack:
        """A new stack `test` of a project of that name, without resources, in a directory of its own.

        `program`: a function at the top level of a file, the path of a file, or that of a directory with a
        `__main__.py`. The file is run as `__main__` in a process of its own, then the function is called.
        `config` and `secrets`: the configuration; a key without a namespace has the project's, and values may be
        texts, numbers, booleans, lists and maps. `environ`: variables for the program and its providers.
        Raises ValueError if the program cannot be run so.
        """
        self._count += 1
        root = self._root / f"pulumi-{self.name}-{self._count}"
        made = TestProject.make(root, project)
        return self._made(made, program, config or {}, secrets or {}, environ or {})


def by_urn(snapshot: Snapshot) -> dict[str, Resource]:
    """The records of a state by URN; of a replacement, the new one."""
    return {one.urn: one for one in reversed(snapshot.resources) if not one.delete}


def _records(snapshot: Snapshot) -> Mapping[str, Record]:
    found = [one for one in snapshot.resources if not one.delete]
    return {
        record.name: record
        for record in map(record_of, found)
        if is_of_program(record.type)
    }


def _plain(outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    plain: Callable[[Mapping[str, Any]], Mapping[str, Any]] = reveal
    return plain(outputs)
