package browser

import (
	"context"
	"time"

	"rtbench/proto"
)

var socketSteps = []step{
	{"listing the members of WebSocket and EventSource", 2 * time.Second, (*session).listMembers, []string{"websocket/sends", "eventsource/sends"}},
	{"opening a WebSocket", 5 * time.Second, (*session).socketOpens, []string{"websocket/open"}},
	{"opening a WebSocket with TLS", 5 * time.Second, (*session).socketOpensTLS, []string{"websocket/secure"}},
	{"text over WebSocket", 8 * time.Second, (*session).socketText, []string{"websocket/text"}},
	{"bytes over WebSocket", 8 * time.Second, (*session).socketBinary, []string{"websocket/binary"}},
	{"WebSocket in both directions", 8 * time.Second, (*session).socketBothWays, []string{"websocket/both-ways"}},
}

// chatURL returns the URL of the guide's chat for the named client.
func chatURL(scheme string, server proto.Info, name string) string {
	return scheme + "://" + server.Addresses["websocket"] + "/ws/" + name
}

// echoURL returns the URL of the reference server's echo.
func (v *session) echoURL() string {
	return "ws://" + v.servers.Plain.Addresses["websocket"] + proto.BenchPath + "?" + proto.Call{Pattern: proto.Echo}.Encode()
}

func (v *session) listMembers(ctx context.Context) error {
	seen, err := call[struct {
		SocketSends, SourceSends bool
		Socket, Source           string
	}](ctx, "members")
	if err != nil {
		return err
	}
	v.notes.Answer("websocket/sends", seen.SocketSends, "WebSocket.prototype has: %s.", seen.Socket)
	v.notes.Answer("eventsource/sends", seen.SourceSends, "EventSource.prototype has: %s.", seen.Source)
	return nil
}

func (v *session) socketOpens(ctx context.Context) error {
	return v.openSocket(ctx, "websocket/open", chatURL("ws", v.servers.Plain, "page"))
}

func (v *session) socketOpensTLS(ctx context.Context) error {
	return v.openSocket(ctx, "websocket/secure", chatURL("wss", v.servers.TLS, "page"))
}

func (v *session) openSocket(ctx context.Context, fact, url string) error {
	seen, err := call[struct {
		Opening  float64
		Protocol string
	}](ctx, "openSocket", url)
	if err != nil {
		return err
	}
	v.notes.Answer(fact, true, "A WebSocket to a %s address opened in %.1f ms.", seen.Protocol, seen.Opening)
	return nil
}

func (v *session) socketText(ctx context.Context) error {
	const content = "ä € 漢字 🙂 \"quoted\"\n"
	seen, err := call[struct{ Pong, Chat string }](ctx, "exchangeText", chatURL("ws", v.servers.Plain, "page"), content)
	if err != nil {
		return err
	}
	v.notes.Answer("websocket/text", seen.Pong == "pong" && seen.Chat == content,
		"A ping returned %q; the chat message %q was echoed as %q.", seen.Pong, content, seen.Chat)
	return nil
}

func (v *session) socketBinary(ctx context.Context) error {
	const times = 256
	seen, err := call[struct {
		Sent, Received, Same int
		Binary               bool
	}](ctx, "exchangeBinary", v.echoURL(), times)
	if err != nil {
		return err
	}
	v.notes.Answer("websocket/binary", seen.Binary && seen.Received == seen.Sent && seen.Same == seen.Sent,
		"A message with each of the 256 byte values %d times, %d bytes, was echoed with %d bytes, %d of them unchanged.", times, seen.Sent, seen.Received, seen.Same)
	return nil
}

func (v *session) socketBothWays(ctx context.Context) error {
	const count = 100
	seen, err := call[struct{ Before, InOrder int }](ctx, "exchangeBothWays", v.echoURL(), count)
	if err != nil {
		return err
	}
	v.notes.Answer("websocket/both-ways", seen.Before > 0 && seen.InOrder == count,
		"The page sent %d messages over one WebSocket without waiting: %d echoes had arrived when the last was sent, and %d arrived in order.", count, seen.Before, seen.InOrder)
	return nil
}
