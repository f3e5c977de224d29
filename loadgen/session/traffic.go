package session

import (
	"rtbench/proto"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// A traffic is what the streams of a cell carry to and from one kind of target: which end sends, how
// messages are timed and counted, and what ends a stream.
type traffic struct {
	senders senders
	// asks means that the client sends requests, which any free stream takes, and receives the answers.
	asks bool
	// gaps means that received messages are not replies. They are timed from the previous one, or
	// by their stamp.
	gaps bool
	// summary means that the server measures the client's messages and returns a record.Summary.
	summary bool
	// numbered means that the server paces and numbers its messages itself.
	numbered bool
	// handler returns the receiver of a session's streams.
	handler func(*Session) handler
	// tally accounts for the messages that a session receives in a phase.
	tally func(*Session, phaseCounts) result.Counters
	// total corrects the tallies of all streams together; nil if they are correct.
	total func(*Group, *[2]result.Counters, *record.Ledger)
	// outstanding returns how many messages of the run may still arrive on the session's stream after
	// the last send. The drain waits for them. It is nil if the client does not know, or if the streams
	// end by themselves.
	outstanding func(*Session) uint64
	// halfCloses means that the drain half-closes the streams: in a closed loop those that still wait
	// for a reply, since the others have done so themselves.
	halfCloses bool
	// endless means that the target does not end its streams after a half-close.
	endless bool
}

// senders are the streams on which the client sends.
type senders uint8

const (
	noSender   senders = iota
	firstSends         // to all streams
	allSend
)

// patterns holds the traffic of each pattern with reference servers, the guide's API and custom
// targets.
var patterns = map[proto.Pattern]struct{ reference, guide, custom traffic }{
	proto.Echo:     {replies, replies, replies},
	proto.Push:     {planned, numbered, unasked},
	proto.Upload:   {summarized, replies, replies},
	proto.Fanout:   {planned, published, published},
	proto.Generate: {asked, asked, asked},
}

func trafficOf(c *Config) (t traffic) {
	row := patterns[c.pattern()]
	switch {
	case c.Cell.From != "":
		t = delivered
	case c.guide():
		t = row.guide
	case !c.custom():
		t = row.reference
	case row.custom.senders != noSender && c.Scenario.Custom.Match.By == "none":
		t = unanswered
	default:
		t = row.custom
	}
	if t.senders == firstSends && c.Share.Of > 1 {
		t = announced
	}
	closes := c.custom() && len(c.Scenario.Custom.Closing) > 0
	t.halfCloses = t.senders != noSender || closes
	t.endless = c.Cell.From != "" && !closes || c.custom() && (proto.Posts(c.Cell.Protocol) || (t.senders == noSender || c.Cell.Protocol == "mqtt") && !closes)
	if t.asks {
		t.halfCloses, t.endless = !c.perCall(), false
	}
	if !c.custom() && !c.Open() && !t.asks { // each stream ends itself
		t.halfCloses, t.outstanding = false, nil
	}
	return t
}

// floods reports whether the senders send as fast as their streams accept messages.
func (g *Group) floods() bool {
	return !g.Open() && !g.traffic.asks && (g.traffic.summary || g.traffic.senders == noSender && !g.traffic.gaps)
}

// sends reports whether the client sends on the stream of that share.
func (t *traffic) sends(share int) bool {
	return t.senders == allSend || t.senders == firstSends && share == 0
}

// pushes reports whether only a custom target sends.
func (t *traffic) pushes() bool { return t.gaps && t.senders == noSender }
