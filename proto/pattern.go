package proto

import "slices"

// A Pattern is the name of a traffic pattern.
type Pattern string

// The patterns of the reference server.
const (
	Echo     Pattern = "echo"
	Push     Pattern = "push"
	Upload   Pattern = "upload"
	Fanout   Pattern = "fanout"
	Generate Pattern = "generate"
)

// A Traffic describes the messages of a pattern over the reference API.
type Traffic struct {
	// Name is the pattern's name in YAML, JSON, flags and tables.
	Name Pattern
	// ClientSends and ServerSends tell which ends send messages. The client paces its own;
	// the server paces by the Call's plan if only it sends. A stream ends with the client's
	// half-close or, if only the server sends, with the plan.
	ClientSends, ServerSends bool
	// Summary means that the server measures, and answers the last message with a
	// record.Summary, which is not in the native encoding.
	Summary bool
	// Shared means that all streams of a Topic share one plan and receive every message.
	Shared bool
	// Asked means that the client sends requests, and the server answers each with messages, called
	// tokens, by the Call's plan of an answer.
	Asked bool
	// GuideNote describes the pattern over the guide API.
	GuideNote string
	// Synonyms are other words for it, in lower case and separated by spaces, which are suggested
	// to mean it.
	Synonyms string
}

// Patterns lists all patterns.
var Patterns = []Traffic{
	// The server returns each message.
	{
		Name: Echo, ClientSends: true, ServerSends: true, GuideNote: "guide API: messages to /ws/authenticated or ProcessStream and back",
		Synonyms: "pingpong ping-pong ping roundtrip round-trip request-response bidi bidirectional bidi-stream",
	},
	// The server sends messages by the Call's plan.
	{Name: Push, ServerSends: true, GuideNote: "guide API: the server sets the rate; times count from the timestamp in each event, by the wall clock", Synonyms: "stream subscribe download downstream server-stream server-streaming feed"},
	// The client sends messages; the server answers the last with a Summary.
	{Name: Upload, ClientSends: true, Summary: true, GuideNote: "guide API: a message is an UploadData call in chunks of 32 KiB, timed until its reply", Synonyms: "client-stream client-streaming upstream ingest telemetry"},
	// The server publishes messages by one plan per topic to all subscribers.
	{Name: Fanout, ServerSends: true, Shared: true, GuideNote: "guide API: the first client in the chat room sends, and every client receives", Synonyms: "broadcast pubsub pub-sub pub/sub fan-out chat multicast"},
	// The server answers each request with tokens.
	{Name: Generate, ServerSends: true, Asked: true, Synonyms: "llm tokens token answer completion completions chat-completions generation inference request-stream"},
}

// PatternNames returns the names of Patterns in a new slice.
func PatternNames() []string {
	names := make([]string, len(Patterns))
	for i, t := range Patterns {
		names[i] = string(t.Name)
	}
	return names
}

// Traffic returns the pattern's row of Patterns, or the zero value for an unknown pattern.
func (p Pattern) Traffic() Traffic {
	if i := slices.IndexFunc(Patterns, func(t Traffic) bool { return t.Name == p }); i >= 0 {
		return Patterns[i]
	}
	return Traffic{}
}

// FromServer reports whether only the server sends, and paces, the messages.
func (p Pattern) FromServer() bool {
	t := p.Traffic()
	return t.ServerSends && !t.ClientSends
}

// GRPCMethod returns the path of the method of bench.proto that carries the pattern: there
// is one for each kind of call.
func (t Traffic) GRPCMethod() string {
	switch {
	case !t.ClientSends:
		return "/rtbench.bench.Bench/Push" // server streaming
	case !t.ServerSends:
		return "/rtbench.bench.Bench/Upload" // client streaming
	}
	return "/rtbench.bench.Bench/Echo" // bidirectional streaming
}
