"""What a check claims, and what it shows where the claim does not hold."""


def expect(holds, claim, *evidence):
    """Ends the check unless the claim holds."""
    if not holds:
        raise AssertionError("\n".join([f"not so: {claim}", *map(str, evidence)]))


def same(found, wanted, what, *evidence):
    """Ends the check unless two values are the same."""
    expect(found == wanted, f"{what} should be {wanted!r} and is {found!r}", *evidence)
