"""Containers changed while they are iterated: errors for dicts and sets, visible changes for lists."""


def dict_error(size, at):
    table = dict.fromkeys(range(size))
    seen = 0
    try:
        for key in table:
            seen += 1
            if key == at:
                table[-1] = None
    except RuntimeError as error:
        return seen, str(error)
    return seen, ""


def dict_swap(size):
    table = dict.fromkeys(range(size))
    seen = 0
    try:
        for key in table:
            seen += 1
            del table[key]
            table[key + size] = None
            if seen > size * 3:
                return "endless"
    except RuntimeError as error:
        return seen > 0, str(error)[:30]
    return seen


def items_error(size):
    table = {i: i for i in range(size)}
    total = 0
    try:
        for key, value in table.items():
            total += key + value
            if key == size - 2:
                table.clear()
    except RuntimeError:
        return total
    return -total


def set_error(size):
    values = set(range(size))
    seen = 0
    try:
        for value in values:
            seen += 1
            if seen == size // 2:
                values.add(-5)
    except RuntimeError:
        return seen
    return -1


def list_change(size):
    items = list(range(size))
    total = 0
    for item in items:
        total += item
        if item == size // 2:
            items.append(1)
        if item % 10 == 9 and len(items) > size - 50:
            items.pop()
    return total, len(items)


def run():
    return (
        [dict_error(3000, at) for at in (0, 1500, 2998)],
        dict_swap(2000),
        items_error(3000),
        set_error(3000),
        list_change(4000),
    )


# result: digest(run()) == '52b4cc757c5570c8'
