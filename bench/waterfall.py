"""A picture of connects: what each client waited for, connection by connection, drawn from the packets that crossed the
link. Pure."""

from dataclasses import dataclass
from html import escape

from segments import TcpPacket

WIDTH, LEFT, ROW, BAR, HEAD, GAP = 860, 150, 22, 16, 46, 26
COLOURS = {"TCP": "#7f8fa6", "TLS": "#3867d6", "Cognito": "#d9822b", "upgrade": "#20a36a", "MQTT": "#8854d0", "wait": "#c4c9d1"}
STEPS = {"Cognito": ("TLS", "Cognito"), "IoT Core": ("TLS", "upgrade", "MQTT")}  # behind TCP
FINISHED_AT_MOST = 120  # bytes of the end of a TLS handshake; requests are larger
AT_ONCE_S, SOON_S = 0.002, 0.005


@dataclass
class Bar:
    """From the first packet of a flight to what the client heard next; seconds since the client said that it connects."""
    service: str
    step: str
    began: float
    ended: float


@dataclass
class Picture:
    """One connect."""
    title: str
    bars: list
    connected: float


def bars(packets, services, connecting_at, connected_at, round_trip_s):
    """The bars of one connect. `services` names the server of each port."""
    packets = [TcpPacket(*packet) for packet in packets]
    opened = {}
    for packet in packets:
        if packet.direction == "out" and packet.opens:
            opened.setdefault(packet.connection(), packet.arrived)
    drawn = []
    for connection, _ in sorted(opened.items(), key=lambda item: item[1]):
        service = services.get(connection[1])
        if service:
            own = [packet for packet in packets if packet.connection() == connection]
            drawn += _bars_of(own, service, connected_at, round_trip_s)
    return [Bar(bar.service, bar.step, bar.began - connecting_at, bar.ended - connecting_at) for bar in drawn]


def _bars_of(packets, service, connected_at, round_trip_s):
    heard = [packet.released for packet in packets if packet.direction == "in"]
    answers = [packet.released for packet in packets if packet.direction == "in" and packet.payload]
    opened = next(packet.arrived for packet in packets if packet.direction == "out" and packet.opens)
    drawn = [Bar(service, "TCP", opened, min(at for at in heard if at > opened))]
    messages = _messages(packets, connected_at)
    for step in STEPS[service]:
        if not messages:
            break
        began, size = messages.pop(0)
        finished = began
        while step != "TLS" and len(drawn) == 2 and size <= FINISHED_AT_MOST and messages:
            # The end of the TLS handshake asks for nothing. What is behind it waits: for credentials, or for an
            # acknowledgement where Nagle's algorithm is on.
            began, size = messages.pop(0)
        if began - finished > SOON_S:
            drawn.append(Bar(service, "wait", finished, began))
        # TLS's own tickets come sooner than an answer can.
        ended = min((at for at in answers if at > began + 0.9 * round_trip_s), default=connected_at)
        drawn.append(Bar(service, step, began, min(ended, connected_at)))
        # The rest of it, which Nagle's algorithm has held back.
        messages = [message for message in messages if message[0] >= ended]
    return drawn


def _messages(packets, connected_at):
    """(moment, bytes) of what the client wrote at once."""
    messages, last = [], None
    for packet in packets:
        if packet.direction != "out" or not packet.payload or packet.arrived > connected_at:
            continue
        if last is not None and packet.arrived - last < AT_ONCE_S and messages[-1][1] > FINISHED_AT_MOST:
            messages[-1] = (messages[-1][0], messages[-1][1] + packet.payload)
        else:
            messages.append((packet.arrived, packet.payload))
        last = packet.arrived
    return messages


def svg(pictures, round_trip_ms):
    """All connects below each other, to the same scale, with a line for every round trip."""
    longest = max(picture.connected for picture in pictures)
    scale = (WIDTH - LEFT - 40) / longest
    height = GAP + sum(HEAD + ROW * len(_rows(picture)) + GAP for picture in pictures)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
             'font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>']
    top = GAP
    for picture in pictures:
        rows = _rows(picture)
        bottom = top + HEAD + ROW * len(rows)
        parts.append(f'<text x="12" y="{top + 14}" font-size="14" font-weight="bold">{escape(picture.title)}: '
                     f'{picture.connected * 1000:.0f} ms</text>')
        step = round_trip_ms / 1000
        for number in range(int(picture.connected / step) + 1):
            x = LEFT + number * step * scale
            parts.append(f'<line x1="{x:.1f}" y1="{top + 28}" x2="{x:.1f}" y2="{bottom}" stroke="#e3e6ea"/>'
                         f'<text x="{x:.1f}" y="{top + 26}" fill="#8a929d" font-size="10" text-anchor="middle">'
                         f'{number * round_trip_ms}</text>')
        for row, service in enumerate(rows):
            y = top + HEAD - 12 + ROW * row
            parts.append(f'<text x="{LEFT - 12}" y="{y + 12}" text-anchor="end">{escape(service)}</text>')
            parts += [_bar(bar, y, scale) for bar in picture.bars if bar.service == service]
        x = LEFT + picture.connected * scale
        parts.append(f'<line x1="{x:.1f}" y1="{top + 28}" x2="{x:.1f}" y2="{bottom}" stroke="#222" stroke-width="1.5"/>')
        top = bottom + GAP
    return "\n".join(parts + ["</svg>", ""])


def _rows(picture):
    return list(dict.fromkeys(bar.service for bar in picture.bars))


def _bar(bar, y, scale):
    x, width = LEFT + bar.began * scale, max(1, (bar.ended - bar.began) * scale)
    label = {"MQTT": "CONNECT", "wait": ""}.get(bar.step, bar.step)
    return (f'<rect x="{x:.1f}" y="{y}" width="{width - 1:.1f}" height="{BAR}" rx="2" fill="{COLOURS[bar.step]}">'
            f'<title>{escape(bar.step)}: {bar.began * 1000:.0f} to {bar.ended * 1000:.0f} ms</title></rect>'
            f'<text x="{x + 5:.1f}" y="{y + 12}" fill="white" font-size="11">{label if width > 9 * len(label) else ""}</text>')
