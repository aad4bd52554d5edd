"""The standard library's email: parses messages with attachments and encoded headers, and writes new ones."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

MESSAGES = [
    f"""From: "Sender {n}" <sender{n}@example.org>
To: one@example.org, Two <two@example.org>,
 =?utf-8?q?Dr=C3=A9?= <dre@example.org>
Subject: =?utf-8?b?w4R0aGVy?= number {n} with a long line that is folded
 over two lines
Date: Mon, 0{n % 9 + 1} May 2024 10:20:30 +0200
Message-ID: <{n}@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="edge"

--edge
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

Some text =C3=A9 {n}
--edge
Content-Type: application/octet-stream; name="data.bin"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="data.bin"

AAECAwQFBgcICQ==
--edge--
"""
    for n in range(12)
]


def run() -> object:
    out = []
    for text in MESSAGES:
        message = email.message_from_string(text, policy=email.policy.default)
        names = [(address.display_name, address.addr_spec) for address in message["to"].addresses]
        part = message.get_body()
        body = "" if part is None else part.get_content()
        attached = [part.get_content() for part in message.iter_attachments()]
        answer = EmailMessage(policy=email.policy.SMTP)
        answer["To"] = message["from"]
        answer["Subject"] = f"Re: {message['subject']}"
        answer.set_content("> " + body)
        out.append((names, str(message["date"].datetime), attached, answer.as_string()))
    return out
