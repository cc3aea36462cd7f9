"""How many places the clients of one address may take: one machine alone must not take all of them."""

import ipaddress
from collections import Counter

# Providers give each customer a /64 at least, and a machine takes any address of it.
_IPV6_PREFIX = 64


def address_group(address: str) -> str:
    """What counts as one address: an IPv4 address, or the network of the first 64 bits of an IPv6 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, _IPV6_PREFIX), strict=False))


class AddressLimit:
    """Counts what each address has taken, ``most`` of it. Not thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    def has_room(self, group: str) -> bool:
        """Whether an address may take one more."""
        return self._taken[group] < self._most

    def take(self, group: str) -> bool:
        """Count one more for an address; return whether it is within the limit."""
        self._taken[group] += 1
        return self._taken[group] <= self._most

    def give_back(self, group: str) -> None:
        """Count one less, whatever ``take`` returned for it."""
        self._taken[group] -= 1
        if not self._taken[group]:
            del self._taken[group]
