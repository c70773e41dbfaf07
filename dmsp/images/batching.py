"""Pictures of one shape, restored together."""


def batches(entries, batch_size):
    """Return lists of entries of one shape and colour, at most ``batch_size`` long.

    Kinds follow in the order of their first picture, so that each is compiled once.
    """
    groups = {}
    for entry in entries:
        groups.setdefault((entry.shape, entry.grey), []).append(entry)
    return [
        group[start : start + batch_size]
        for group in groups.values()
        for start in range(0, len(group), batch_size)
    ]
