"""The door of every use case: ask the permission matrix first, and speak the desk's errors only."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Concatenate, ParamSpec, TypeVar

from desk.actors import Actor
from desk.context import Desk
from desk.errors import Conflict, NotFound, Refused, Unavailable
from procedure.permissions import Permission
from store.errors import StoreError, Taken, Unstorable

P = ParamSpec("P")
R = TypeVar("R")
UseCase = Callable[Concatenate[Actor, Desk, P], R]


@contextlib.contextmanager
def desk_errors() -> Iterator[None]:
    """Turn store errors into Conflict (somebody was first), NotFound (a key that no row can have) or Unavailable."""
    try:
        yield
    except Taken as error:
        raise Conflict() from error
    except Unstorable as error:  # what is written is made storable before, so this is a key looked for
        raise NotFound() from error
    except StoreError as error:
        raise Unavailable(str(error)) from error


def act(permission: Permission) -> Callable[[UseCase[P, R]], UseCase[P, R]]:
    """Make a function a use case: it runs only for an actor with ``permission``, asked before anything is read.

    Store errors become the desk's.
    """

    def wrap(function: UseCase[P, R]) -> UseCase[P, R]:
        @functools.wraps(function)
        def use_case(actor: Actor, desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not actor.may(permission):
                raise Refused(f"{actor.login} may not {permission.value}.")
            with desk_errors():
                return function(actor, desk, *args, **kwargs)

        use_case.permission = permission  # type: ignore[attr-defined]  # read by the contract test of the matrix
        return use_case

    return wrap
