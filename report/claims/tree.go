package claims

import "slices"

// A Step is a node of the guide's decision tree: a question, or advice at a leaf.
type Step struct {
	// ID identifies the question; empty at a leaf.
	ID       string
	Question string
	Yes, No  *Step

	// Advice is the guide's advice at a leaf, Protocols its protocols, and Premises the IDs of the
	// cells of the guide's table that it relies on.
	Advice    string
	Protocols []string
	Premises  []string
}

// Tree is the guide's decision tree. It is fixed by the guide.
var Tree = &Step{
	ID: "bidirectional", Question: "Does the client send messages on the stream too?",
	No: &Step{
		ID: "browser", Question: "Is the client a browser?",
		Yes: &Step{Advice: "Server-Sent Events", Protocols: []string{"sse"}, Premises: []string{"direction/sse", "browser/sse", "reconnect/sse"}},
		No:  &Step{Advice: "gRPC streaming", Protocols: []string{"grpc"}, Premises: []string{"direction/grpc", "performance/grpc"}},
	},
	Yes: &Step{
		ID: "binary", Question: "Are the messages binary?",
		Yes: &Step{Advice: "WebSocket or gRPC streaming", Protocols: []string{"websocket", "grpc"}, Premises: []string{"direction/websocket", "direction/grpc", "binary/websocket", "binary/grpc"}},
		No: &Step{
			ID: "performance", Question: "Is high performance needed?",
			Yes: &Step{Advice: "gRPC streaming", Protocols: []string{"grpc"}, Premises: []string{"direction/grpc", "performance/grpc"}},
			No:  &Step{Advice: "WebSocket", Protocols: []string{"websocket"}, Premises: []string{"direction/websocket", "complexity/websocket"}},
		},
	},
}

// Questions returns all questions of the tree, parents first.
func (s *Step) Questions() []*Step {
	if s == nil || s.ID == "" {
		return nil
	}
	return slices.Concat([]*Step{s}, s.Yes.Questions(), s.No.Questions())
}

// Walk follows the tree to a leaf, calling answer for each question. It stops at the first error.
func (s *Step) Walk(answer func(*Step) (bool, error)) (*Step, error) {
	for s.ID != "" {
		yes, err := answer(s)
		if err != nil {
			return nil, err
		}
		if yes {
			s = s.Yes
		} else {
			s = s.No
		}
	}
	return s, nil
}
