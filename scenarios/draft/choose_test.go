package draft_test

import (
	"fmt"
	"testing"

	"rtbench/scenarios/draft"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	all := []draft.Choice{{"chat.Chat/Talk", "unary"}, {"chat.Chat/TalkMore", ""}, {"chat.Chat/Watch", "server streaming"}}
	many := make([]draft.Choice, 25)
	for _, c := range []struct {
		picked string
		all    []draft.Choice
		want   string
	}{
		{"", all[:1], "0"},
		{"2", all, "1"},
		{"chat.Chat/Talk", all, "0"},
		{"Watch", all, "2"},
		{"", all, "found 3 methods; expected one, chosen by --method: 1 chat.Chat/Talk (unary), 2 chat.Chat/TalkMore, 3 chat.Chat/Watch (server streaming)"},
		{"Talk", all, "--method Talk: found in 2 methods; expected its number, or more of its name: 1 chat.Chat/Talk (unary), 2 chat.Chat/TalkMore"},
		{"Wach", all[:1], "--method Wach: not found; expected one of 1 methods: 1 chat.Chat/Talk (unary)"},
		{"chat.Chat/Tak", all[:1], "--method chat.Chat/Tak: not found; expected one of 1 methods: 1 chat.Chat/Talk (unary); did you mean chat.Chat/Talk?"},
		{"", many, "found 25 methods; expected one, chosen by --method: 1 , 2 , 3 , 4 , 5 , 6 , 7 , 8 , 9 , 10 , 11 , 12 , 13 , 14 , 15 , 16 , 17 , 18 , 19 , 20 , and 5 more"},
	} {
		i, err := draft.Choose("methods", "--method", c.picked, c.all)
		got := fmt.Sprint(i)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: got %s\nwant %s", c.picked, got, c.want)
		}
	}
}
