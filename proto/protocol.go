package proto

// A Protocol is one row of what rtbench knows about a protocol on the wire. The
// driver table (loadgen/driver) and the server table (server) have one entry
// for each row, in this order; a test holds the three together.
type Protocol struct {
	// Name is the word for the protocol in YAML, JSON, flags and tables.
	Name string
	// Port is where `rtbench serve` listens unless told otherwise.
	Port int
	// SendBlocks says that a Send waits for an answer of the peer, so that it
	// cannot be called from a thread that paces other streams too.
	SendBlocks bool
	// Loops says that each stream has a connection of its own, which an event loop can
	// drive where it is without TLS.
	Loops bool
	// OptIn leaves the protocol out of a scenario that names none: it is another
	// client of a protocol that is there already.
	OptIn bool
	// Guide are the patterns that the guide's contract has over it.
	Guide []Pattern
	// Notes say what about this protocol cannot be equal to the others. They are
	// printed under every table the protocol appears in.
	Notes []string
}

// Protocols lists every protocol, the floor first.
var Protocols = []Protocol{
	{Name: "tcp", Port: 9001, Loops: true, Notes: []string{
		"raw TCP with a 4-byte length before each message: the floor, not a choice",
	}},
	{Name: "websocket", Port: 9002, Loops: true, Guide: []Pattern{Echo, Fanout}},
	{Name: "sse", Port: 9003, SendBlocks: true, Loops: true, Guide: []Pattern{Push}, Notes: sseNotes},
	{Name: "sse-h2", Port: 9004, SendBlocks: true, Guide: []Pattern{Push}, Notes: sseNotes},
	{Name: "grpc", Port: 9005, Guide: []Pattern{Echo, Upload}, Notes: []string{
		"grpc-go gathers messages that are ready together into one write; the others write each",
	}},
	{Name: "grpc-lean", Port: 9006, OptIn: true, Notes: []string{
		"speaks HTTP/2 by rtbench's own client; the difference to grpc is grpc-go's",
	}},
}

var sseNotes = []string{
	"carries text only: binary messages travel as base64 (+33 %)",
	"has no way up: each message to the server is an HTTP POST, answered before the next",
}

// GuideNotes say what a pattern is in the guide's contract.
var GuideNotes = map[Pattern]string{
	Echo:   "the guide's contract: messages to /ws/authenticated, or to ProcessStream, and back",
	Push:   "the guide's contract: the server sets the pace; times count from the timestamp in an event, by the wall clock",
	Upload: "the guide's contract: a message is a call of UploadData in chunks of 32 KiB, timed until it is answered",
	Fanout: "the guide's contract: the first client of the chat room speaks, and everyone gets what it says",
}

// ProtocolByName finds a row of Protocols.
func ProtocolByName(name string) (Protocol, bool) {
	for _, p := range Protocols {
		if p.Name == name {
			return p, true
		}
	}
	return Protocol{}, false
}

// ProtocolNames lists the names of Protocols in their order, in a new slice.
func ProtocolNames() []string {
	names := make([]string, len(Protocols))
	for i, p := range Protocols {
		names[i] = p.Name
	}
	return names
}

// DefaultProtocols is ProtocolNames without those that are only on request.
func DefaultProtocols() []string {
	var names []string
	for _, p := range Protocols {
		if !p.OptIn {
			names = append(names, p.Name)
		}
	}
	return names
}

// A Pattern says who sends what to whom on a stream.
type Pattern string

// The patterns that the reference server speaks. Each is written once, over Conn.
const (
	// Echo: the server returns each message as it came.
	Echo Pattern = "echo"
	// Push: the server sends messages by the plan in the Call.
	Push Pattern = "push"
	// Upload: the client sends messages; after the last the server answers with
	// one Summary.
	Upload Pattern = "upload"
	// Fanout: the stream subscribes to a topic; the server publishes each message
	// of the topic's one plan to all its subscribers.
	Fanout Pattern = "fanout"
)

// Patterns lists every pattern.
var Patterns = []Pattern{Echo, Push, Upload, Fanout}

// FromServer says whether the messages of a pattern come from the server, which
// then also paces them.
func (p Pattern) FromServer() bool { return p == Push || p == Fanout }
