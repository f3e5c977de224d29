package scrape

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// A page is read once for two readers.
func TestFetchSharesPages(t *testing.T) {
	t.Parallel()
	requests := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		_, _ = w.Write([]byte("a 1\n"))
	}))
	defer s.Close()
	client, err := New(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := client.Fetch(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.Fetch(t.Context(), 0); err != nil || requests != 2 {
		t.Errorf("%d requests, %v; want 2", requests, err)
	}
}

// encoded returns metric families in the delimited format.
func encoded(t testing.TB, names ...string) (b []byte) {
	t.Helper()
	for _, name := range names {
		one, err := proto.Marshal(&dto.MetricFamily{Name: &name})
		if err != nil {
			t.Fatal(err)
		}
		b = protowire.AppendBytes(b, one)
	}
	return b
}

const delimited = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

// Protobuf is read whole or not at all. A length beyond the end of the page allocates nothing.
func TestParseProtobuf(t *testing.T) {
	t.Parallel()
	whole := encoded(t, "a", "b")
	if f, err := parse(whole, delimited); err != nil || len(f) != 2 || f["b"] == nil {
		t.Errorf("%v, %v", f, err)
	}
	for name, b := range map[string][]byte{
		"cut off": whole[:len(whole)-1], "a long length": append(protowire.AppendVarint(nil, 1<<48), 1, 2), "garbage": {2, 0xff, 0xff}, "no length": {0x80},
	} {
		if f, err := parse(b, delimited); err == nil {
			t.Errorf("%s: %v", name, f)
		}
	}
}

// Whatever an exporter sends, it is read without a panic.
func FuzzParse(f *testing.F) {
	f.Add(encoded(f, "a", "b"), true)
	f.Add([]byte("# TYPE a counter\na 1\n"), false)
	f.Fuzz(func(_ *testing.T, b []byte, protobuf bool) {
		contentType := "text/plain"
		if protobuf {
			contentType = delimited
		}
		_, _ = parse(b, contentType)
	})
}
