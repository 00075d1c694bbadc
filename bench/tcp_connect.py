"""A TCP connect and nothing else: one round trip. It shows the error of the link and of the method.

    tcp_connect.py HOST PORT
"""

import socket
import sys

if __name__ == "__main__":
    host, port = sys.argv[1], int(sys.argv[2])
    print(f"Connecting to {host}", flush=True)
    with socket.create_connection((host, port), timeout=10):
        print("Connected!", flush=True)
