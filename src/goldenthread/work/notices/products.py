"""Which products a slice is of, for rules that speak of products."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from goldenthread.control.stops import product_key
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import ContractNotFound
from goldenthread.record.ledger import ORGANISATION, Ledger


def products_of(ledger: Ledger, slice_name: str) -> dict[str, str]:
    """
    Products that any version of a slice's contract names, as for a product's stop: by key (see `product_key`), as they
    are written.
    """
    found = {}
    for record in ledger.read(slice_name, kinds=("contract:version:commit",)):
        product = parse_contract(record.data["text"], f"{slice_name}@{record.data['version']}").product
        if product is not None:
            found[product_key(product)] = product
    return found


def is_of(ledger: Ledger, slice_name: str, products: Collection[str]) -> bool:
    """Whether a slice is of one of these products; of any where none are named."""
    return not products or not {product_key(name) for name in products}.isdisjoint(products_of(ledger, slice_name))


def require_products(ledger: Ledger, products: Iterable[str]) -> tuple[str, ...]:
    """
    The products as contracts write them, each once.

    Raises:
        ContractNotFound: No contract names one of them.
    """
    wanted = tuple(products)
    if not wanted:
        return ()
    known: dict[str, str] = {}
    for chain in ledger.chains():
        known.update(products_of(ledger, chain) if chain != ORGANISATION else {})
    missing = next((name for name in wanted if product_key(name) not in known), None)
    if missing is not None:
        raise ContractNotFound(
            f"No contract in this home names the product '{missing}'; they name "
            f"{', '.join(sorted(known.values())) or 'none'}. Name one of these, or write `product` in the contract."
        )
    return tuple(dict.fromkeys(known[product_key(name)] for name in wanted))
