"""try, except, else and finally inside hot loops; several handlers; re-raise; chained causes; exception groups."""


class Odd(Exception):
    pass


class VeryOdd(Odd):
    def __init__(self, n):
        super().__init__(n)
        self.n = n


def check(n):
    if n % 7 == 0:
        raise VeryOdd(n)
    if n % 5 == 0:
        raise Odd
    if n % 11 == 0:
        raise KeyError(n)
    return n


def loop(count):
    good = odd = very = other = final = 0
    for i in range(count):
        try:
            value = check(i)
        except VeryOdd as error:
            very += error.n
        except Odd:
            odd += 1
        except (KeyError, IndexError) as error:
            other += error.args[0]
        else:
            good += value
        finally:
            final += 1
    return good, odd, very, other, final


def chained(count):
    causes = contexts = 0
    for i in range(count):
        try:
            try:
                {}[i]
            except KeyError as error:
                if i % 2:
                    raise ValueError(i) from error
                raise TypeError(i)
        except ValueError as error:
            causes += error.__cause__.args[0]
        except TypeError as error:
            contexts += error.__context__.args[0]
    return causes, contexts


def reraise(count):
    seen = 0
    for i in range(count):
        try:
            try:
                check(i % 10 * 5)
            except Odd:
                seen += 1
                raise
        except Exception as error:
            seen += isinstance(error, VeryOdd)
    return seen


def groups(count):
    total = 0
    for i in range(count):
        try:
            raise ExceptionGroup("group", [ValueError(i), KeyError(i)])
        except* ValueError as group:
            total += group.exceptions[0].args[0]
        except* KeyError:
            total += 1
    return total


def run():
    return loop(6000), chained(2500), reraise(2500), groups(400)


# result: run() == ((11219260, 1028, 2573571, 1121879, 6000), (1562500, 1561250), 3000, 80200)
