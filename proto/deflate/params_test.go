package deflate_test

import (
	"testing"

	"rtbench/proto/deflate"
)

func TestParse(t *testing.T) {
	t.Parallel()
	each := &deflate.Params{ServerNoContext: true, ClientNoContext: true}
	for _, c := range []struct {
		header string
		offer  *deflate.Params
		want   string // empty: an error; none: nil
	}{
		{"", &deflate.Params{}, "none"},
		{"  ", nil, "none"},
		{"permessage-deflate", nil, ""},
		{"permessage-deflate", &deflate.Params{}, "permessage-deflate"},
		{"Permessage-Deflate ;server_no_context_takeover", &deflate.Params{}, "permessage-deflate; server_no_context_takeover"},
		{"permessage-deflate", each, "permessage-deflate; client_no_context_takeover"},
		{`permessage-deflate; client_max_window_bits="12"; server_max_window_bits = 8`, &deflate.Params{}, "permessage-deflate; server_max_window_bits=8; client_max_window_bits=12"},
		{"permessage-deflate; client_max_window_bits", &deflate.Params{}, ""},
		{"permessage-deflate; client_max_window_bits=7", &deflate.Params{}, ""},
		{"permessage-deflate; client_max_window_bits=08", &deflate.Params{}, ""},
		{"permessage-deflate; server_no_context_takeover=1", &deflate.Params{}, ""},
		{"permessage-deflate; server_no_context_takeover; server_no_context_takeover", &deflate.Params{}, ""},
		{"permessage-deflate; x", &deflate.Params{}, ""},
		{"permessage-deflate, permessage-deflate", &deflate.Params{}, ""},
		{"x-webkit-deflate-frame", &deflate.Params{}, ""},
	} {
		got, err := deflate.Parse(c.header, c.offer)
		switch {
		case (err != nil) != (c.want == ""):
			t.Errorf("%q: %v, %v", c.header, got, err)
		case err == nil && (got == nil) != (c.want == "none"), got != nil && got.String() != c.want:
			t.Errorf("%q: %v, want %s", c.header, got, c.want)
		}
	}
	if offer := each.Offer(); offer != "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits" {
		t.Errorf("offered %q", offer)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`permessage-deflate; client_max_window_bits="12"; server_max_window_bits = 8`)
	f.Fuzz(func(t *testing.T, header string) {
		d, err := deflate.Parse(header, &deflate.Params{})
		if d == nil || err != nil {
			return
		}
		again, err := deflate.Parse(d.String(), &deflate.Params{})
		if err != nil || *again != *d {
			t.Fatalf("%q is %v, which is %v, %v", header, d, again, err)
		}
	})
}
