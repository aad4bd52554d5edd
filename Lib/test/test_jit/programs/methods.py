"""Methods and instance attributes: reads, writes, bound methods in variables, class and static methods."""


class Account:
    rate = 3
    opened = 0

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.log = []
        Account.opened += 1

    def deposit(self, amount):
        self.balance += amount
        return self

    def withdraw(self, amount):
        if amount > self.balance:
            return False
        self.balance -= amount
        return True

    def interest(self):
        return self.balance * self.rate // 100

    @classmethod
    def count(cls):
        return cls.opened

    @staticmethod
    def fee(amount):
        return amount // 50 + 1


class Savings(Account):
    rate = 7

    def interest(self):
        return super().interest() + 1


def run():
    Account.opened = 0
    accounts = [Account("a"), Savings("b", 100), Account("c", 5)]
    refused = 0
    for i in range(7000):
        account = accounts[i % 3]
        account.deposit(i % 50).deposit(1)
        if not account.withdraw(i % 90):
            refused += 1
        account.balance += account.interest() % 5 - account.fee(i % 100)
        if i % 1000 == 0:
            account.log.append(i)
            account.extra = i
        take = account.withdraw
        refused += take(1) is False
        refused += Account.count() == 3
    return [(a.owner, a.balance, a.log, a.extra) for a in accounts], refused


# result: digest(run()) == '5a26d3882de69950'
