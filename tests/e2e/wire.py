"""The peers' wire as a stranger would write it: standard library only, nothing of the program's own code."""

import hashlib
import os
import socket
import struct
import time

PROTOCOL = 170002


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def compact_size(number):
    if number < 253:
        return bytes([number])
    if number <= 0xFFFF:
        return b"\xfd" + struct.pack("<H", number)
    if number <= 0xFFFFFFFF:
        return b"\xfe" + struct.pack("<I", number)
    return b"\xff" + struct.pack("<Q", number)


def read_compact_size(data, at):
    first = data[at]
    if first < 253:
        return first, at + 1
    size = {253: 2, 254: 4, 255: 8}[first]
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size


def frame(magic, command, payload=b"", checksum=None, length=None):
    checksum = sha256d(payload)[:4] if checksum is None else checksum
    length = len(payload) if length is None else length
    return magic + command.encode().ljust(12, b"\0") + struct.pack("<I", length) + checksum + payload


def address(services=0, ip="127.0.0.1", port=0):
    return struct.pack("<Q", services) + b"\0" * 10 + b"\xff\xff" + socket.inet_aton(ip) + struct.pack(">H", port)


def version(nonce=None, protocol=PROTOCOL, height=0, agent=b"/blackbox/"):
    nonce = int.from_bytes(os.urandom(8), "little") if nonce is None else nonce
    return (struct.pack("<iQq", protocol, 1, int(time.time())) + address() + address()
            + struct.pack("<Q", nonce) + compact_size(len(agent)) + agent + struct.pack("<i?", height, True))


class Peer:
    """One connection to a node, played by hand."""

    def __init__(self, port, magic, chain_id=None, shake=True, timeout=5):
        self.magic = magic
        self.chain_id = chain_id
        self.buffer = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        if shake:
            self.shake_hands()

    def send(self, command, payload=b"", **how):
        self.socket.sendall(frame(self.magic, command, payload, **how))

    def send_raw(self, data):
        self.socket.sendall(data)

    def shake_hands(self):
        self.send("version", version())
        self.send("chainid", self.chain_id)
        self.send("verack")
        self.expect("verack")

    def next(self, timeout=5):
        """The next message as (command, payload); None when the node ended the connection."""
        self.socket.settimeout(timeout)
        while True:
            if len(self.buffer) >= 24:
                length = struct.unpack("<I", self.buffer[16:20])[0]
                if len(self.buffer) >= 24 + length:
                    command = self.buffer[4:16].rstrip(b"\0").decode()
                    payload = self.buffer[24 : 24 + length]
                    self.buffer = self.buffer[24 + length :]
                    return command, payload
            try:
                more = self.socket.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                return None
            if not more:
                return None
            self.buffer += more

    def expect(self, command, timeout=5):
        """The payload of the next message of that name; others pass by."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            message = self.next(max(0.01, end - time.monotonic()))
            if message is None:
                raise AssertionError(f"the node left before {command}")
            if message[0] == command:
                return message[1]
        raise AssertionError(f"no {command} within {timeout} s")

    def is_closed(self, within=3):
        """Whether the node ends the connection within so many seconds."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            try:
                if self.next(max(0.01, end - time.monotonic())) is None:
                    return True
            except (TimeoutError, socket.timeout):
                return False
        return False

    def is_alive(self):
        """Whether the node still answers a ping."""
        nonce = os.urandom(8)
        try:
            self.send("ping", nonce)
            while True:
                if self.expect("pong") == nonce:
                    return True
        except (AssertionError, OSError):
            return False

    def close(self):
        self.socket.close()
