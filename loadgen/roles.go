package loadgen

import (
	"rtbench/proto"
)

// What the ends of a cell's streams do: who sends, and where what was sent is measured.
// The patterns of the neutral workload say it by themselves; in the guide's contract a
// chat room is spoken to by a client, and an upload answered as a whole.

func (j job) guide() bool { return j.point.Contract == "guide" }

// sends says whether the client sends on the stream of that share.
func (j job) sends(share int) bool {
	return !j.pattern().FromServer() || (j.publishes() && share == 0)
}

// publishes says that the first client's messages go to the streams of all.
func (j job) publishes() bool { return j.guide() && j.pattern() == proto.Fanout }

// summarized says that what the client sends is measured at the server, which sends a
// Summary.
func (j job) summarized() bool { return j.pattern() == proto.Upload && !j.guide() }

// comesBack says that the client receives what a client has sent.
func (j job) comesBack() bool { return j.sends(0) && !j.summarized() }

// sendWaits says that a Send waits for the peer.
func (j job) sendWaits() bool {
	row, _ := proto.ProtocolByName(j.point.Protocol)
	return row.SendWaits || (j.guide() && j.pattern() == proto.Upload)
}

// text says that messages have the text form.
func (j job) text() bool { return j.point.Encoding != "binary" }
