"""SQLAlchemy's async engine on aiosqlite: its synchronous part runs in greenlets, in hot loops."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id = mapped_column(sa.Integer, primary_key=True)
    name = mapped_column(sa.String(20))
    amount = mapped_column(sa.Integer)


async def run() -> list[object]:
    engine = create_async_engine("sqlite+aiosqlite://")
    seen: list[object] = []
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        for n in range(300):
            session.add(Item(name=f"name {n % 7}", amount=n))
            if n % 10 == 0:
                await session.flush()
        await session.commit()
        for n in range(300):
            query = sa.select(Item.name, sa.func.sum(Item.amount)).where(Item.id > n).group_by(Item.name)
            rows = (await session.execute(query)).all()
            seen.append((len(rows), sum(total for _, total in rows)))
        async for item in await session.stream_scalars(sa.select(Item).order_by(Item.id)):
            seen.append(item.name)
    await engine.dispose()
    return [len(seen), seen[:3], seen[295:305], seen[-3:]]


print(asyncio.run(run()))
