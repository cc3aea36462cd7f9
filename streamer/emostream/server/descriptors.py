"""Descriptors: each connection takes one, and a server that has none left can open neither connections nor files."""

from dataclasses import replace

from emostream.server.config import Limits

try:
    import resource
except ImportError:  # Windows, where sockets are no descriptors of this kind
    resource = None  # type: ignore[assignment]

# Of the process itself: models, the event loop, sound, what a client's stream opens.
RESERVED = 32


def fit_to_descriptors(limits: Limits) -> tuple[Limits, str | None]:
    """Limits that the limit of open files allows, which is raised as far as needed and possible.

    If it does not suffice, there are fewer clients, and the second value is a line that says so.
    """
    if resource is None:
        return limits, None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = limits.connections + RESERVED
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return limits, None
    raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if raised > soft:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
        except (OSError, ValueError):  # macOS has a lower limit than it says
            pass
    return _fitted(limits, soft)


def _fitted(limits: Limits, descriptors: int) -> tuple[Limits, str | None]:
    if descriptors >= limits.connections + RESERVED:
        return limits, None
    connections = max(2, descriptors - RESERVED)
    spare = min(limits.spare_connections, max(1, connections // 4))
    fewer = replace(limits, clients=connections - spare, spare_connections=spare)
    line = (
        f"only {descriptors} files may be open, so at most {fewer.clients} clients are served instead of "
        f"{limits.clients}: raise the limit, as with ulimit -n {limits.connections + RESERVED}"
    )
    return fewer, line
