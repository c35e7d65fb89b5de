"""A bar on standard error, or in the notebook, while a long call works: for who asks for it with `progress=True`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(told: str, steps: int | None = None, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Yield what is called after each step, None where their number is not known; nothing is shown unless asked for.

    >>> with progress_bar("Travel times", 2, shown=False) as done:
    ...     done()
    """
    if not shown:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    hidden = not (console.is_terminal or console.is_jupyter)  # a file would hold every state of it
    with Progress(console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(told, total=steps)
        yield lambda: bar.advance(task)
