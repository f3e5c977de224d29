package claims

import (
	"errors"
	"testing"
)

// All paths through the guide's tree.
func TestTreeWalk(t *testing.T) {
	type answers map[string]bool
	for _, c := range []struct {
		given answers
		want  string
	}{
		{answers{"bidirectional": false, "browser": true}, "Server-Sent Events"},
		{answers{"bidirectional": false, "browser": false}, "gRPC streaming"},
		{answers{"bidirectional": true, "binary": true}, "WebSocket or gRPC streaming"},
		{answers{"bidirectional": true, "binary": false, "performance": true}, "gRPC streaming"},
		{answers{"bidirectional": true, "binary": false, "performance": false}, "WebSocket"},
	} {
		asked := 0
		end, err := Tree.Walk(func(s *Step) (bool, error) {
			yes, known := c.given[s.ID]
			if !known {
				t.Errorf("%v: unexpected question %s", c.given, s.ID)
			}
			asked++
			return yes, nil
		})
		if err != nil || end.Advice != c.want || asked != len(c.given) || len(end.Premises) == 0 {
			t.Errorf("%v: %+v, %v after %d questions; want %s", c.given, end, err, asked, c.want)
		}
	}
	if n := len(Tree.Questions()); n != 4 {
		t.Errorf("%d questions, want 4", n)
	}
	wrong := errors.New("no answer")
	if _, err := Tree.Walk(func(*Step) (bool, error) { return false, wrong }); !errors.Is(err, wrong) {
		t.Errorf("Walk returned error %v, want %v", err, wrong)
	}
}
