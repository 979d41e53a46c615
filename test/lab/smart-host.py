# The relay of a provider: SMTP with TLS from the start on port 465, for those who log in as "office" with "se cret".
#   python3 smart-host.py ADDRESS DIRECTORY
# Prints "ready", then "mail from SENDER to RECIPIENT by LOGIN" for every message taken.
import asyncio
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

address, directory = sys.argv[1:3]
key, cert = f"{directory}/relay.key", f"{directory}/relay.pem"
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
     "-subj", "/CN=relay.example", "-keyout", key, "-out", cert],
    check=True, capture_output=True,
)


class Handler:
    async def handle_RCPT(self, server, session, envelope, recipient, options):
        if not session.authenticated:
            return "530 5.7.0 Log in first"
        envelope.rcpt_tos.append(recipient)
        return "250 2.1.5 Fine"

    async def handle_DATA(self, server, session, envelope):
        for recipient in envelope.rcpt_tos:
            print(f"mail from {envelope.mail_from} to {recipient} by {session.auth_data.login.decode()}", flush=True)
        return "250 2.0.0 Taken"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"office", b"se cret")
    return AuthResult(success=good, handled=False, auth_data=data)


def protocol():
    return SMTP(Handler(), hostname="relay.example", authenticator=authenticate, auth_require_tls=False, auth_required=False)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    server = await asyncio.get_running_loop().create_server(protocol, address, 465, ssl=context)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
