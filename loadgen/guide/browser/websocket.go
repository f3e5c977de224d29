package browser

import "time"

func noteMembers(v *session, seen struct {
	SocketSends, SourceSends bool
	Socket, Source           string
},
) {
	v.notes.Answer("websocket/sends", seen.SocketSends, "WebSocket.prototype has: %s.", seen.Socket)
	v.notes.Answer("eventsource/sends", seen.SourceSends, "EventSource.prototype has: %s.", seen.Source)
}

type opening struct {
	Opening  float64 // milliseconds
	Protocol string
}

func noteOpening(fact string) func(*session, opening) {
	return func(v *session, seen opening) {
		v.notes.Answer(fact, true, "A WebSocket to a %s address opened in %.1f ms.", seen.Protocol, seen.Opening)
	}
}

// content is the text of the chat message.
const content = "ä € 漢字 🙂 \"quoted\"\n"

func noteText(v *session, seen struct{ Pong, Chat string }) {
	v.notes.Answer("websocket/text", seen.Pong == "pong" && seen.Chat == content,
		"A ping returned %q; the chat message %q was echoed as %q.", seen.Pong, content, seen.Chat)
}

func noteBinary(v *session, seen struct {
	Sent, Received, Same int
	Binary               bool
},
) {
	v.notes.Answer("websocket/binary", seen.Binary && seen.Received == seen.Sent && seen.Same == seen.Sent,
		"A message with each of the 256 byte values %d times, %d bytes, was echoed with %d bytes, %d of them unchanged.", seen.Sent/256, seen.Sent, seen.Received, seen.Same)
}

// bothWays is the number of messages sent without waiting.
const bothWays = 100

func noteBothWays(v *session, seen struct{ Before, InOrder int }) {
	v.notes.Answer("websocket/both-ways", seen.Before > 0 && seen.InOrder == bothWays,
		"The page sent %d messages over one WebSocket without waiting: %d echoes had arrived when the last was sent, and %d arrived in order.", bothWays, seen.Before, seen.InOrder)
}

type opened struct {
	Open int
	Last float64 // milliseconds until the last was open
}

// noteOpen notes how many of the connections opened at once were open within wait.
func noteOpen(fact, subject string, count int, wait time.Duration) func(*session, opened) {
	return func(v *session, seen opened) {
		v.notes.Value(fact, float64(seen.Open), "", "Of %d %s opened at once to one server, %d were open within %.0f s, the last after %.0f ms.",
			count, subject, seen.Open, wait.Seconds(), seen.Last)
	}
}
