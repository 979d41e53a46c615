# Prints every datagram that comes to a UDP port, in both families: datagram-listener.py PORT
import socket
import sys

listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
listener.bind(("::", int(sys.argv[1])))
print("ready", flush=True)
while True:
    print("got", listener.recv(100).decode(), flush=True)
