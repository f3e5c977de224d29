package probe

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// The examples follow the HTML standard, section 9.2.6.
func TestEventReader(t *testing.T) {
	for in, want := range map[string][]event{
		"data: YHOO\ndata: +2\ndata: 10\n\n":                                         {{"", "", "YHOO\n+2\n10"}},
		": test stream\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n": {{"", "1", "first"}, {"", "", "second"}, {"", "", " third"}},
		"data\n\ndata\ndata\n\ndata:":                                                {{"", "", ""}, {"", "", "\n"}},
		"data:test\n\ndata: test\n\n":                                                {{"", "", "test"}, {"", "", "test"}},
		"data: a\rdata: b\r\ndata: c\n\r\ndata: d\r\n\r\n":                           {{"", "", "a\nb\nc"}, {"", "", "d"}},
		"\ufeffdata: a\n\n\ufeffdata: b\n\n":                                         {{"", "", "a"}},
		"data: \xff\x80\xc3\xa9\n\n":                                                 {{"", "", "\ufffd\ufffdé"}},
		"id: 7\ndata: a\n\ndata: b\n\nid: x\x00\ndata: c\n\n":                        {{"", "7", "a"}, {"", "7", "b"}, {"", "7", "c"}},
		"data: not whole\n":                                                          nil,
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in))} {
			got, err := allEvents(r)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%q, %s: got %q, %v; want %q", in, name, got, err, want)
			}
		}
	}
}

func TestEventReaderBroken(t *testing.T) {
	broken := errors.New("broken")
	if _, err := allEvents(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
