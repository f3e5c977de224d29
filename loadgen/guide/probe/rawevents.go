package probe

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rtbench/report/result"
)

// probeRawEvents sends all byte values unencoded: first together in the data of one event, then
// each in an event of its own.
func probeRawEvents(_ context.Context, _ Servers, n *Notes) error {
	events, err := allEvents(bytes.NewReader(rawEvents()))
	if err != nil {
		return err
	}
	for _, e := range events {
		n.Logf("  event: id %q, data %q", e.id, e.data)
	}
	together, alone, replaced := countSurvivors(events)
	n.Answer("sse/raw", together == 256,
		"An event with the unencoded bytes 0 to 255 as data was parsed by the rules of the HTML standard: %d of 256 bytes arrived in place.", together)
	n.Value("sse/raw-survived", float64(together), "",
		"Of the bytes 0 to 255 in the data of one event, %d arrived in place.", together)
	n.Value("sse/raw-survived-alone", float64(alone), "",
		"With each byte value in a separate event, %d of 256 arrived unchanged and %d as U+FFFD, which replaces invalid UTF-8.", alone, replaced)
	return nil
}

// countSurvivors counts the bytes that arrived in place in the event of all bytes, and the
// single-byte events that arrived unchanged or as U+FFFD.
func countSurvivors(events []event) (together, alone, replaced int) {
	for _, e := range events {
		b, _ := strconv.Atoi(e.id)
		switch {
		case e.kind == "all":
			for together < len(e.data) && e.data[together] == byte(together) {
				together++
			}
		case e.kind == "one" && e.data == string([]byte{byte(b)}):
			alone++
		case e.kind == "one" && e.data == "\ufffd":
			replaced++
		}
	}
	return together, alone, replaced
}

// ServeRawEvents serves an event stream of unencoded bytes: all 256 in the data line of one event
// of type all, then each in an event of type one whose id is the byte value, then an event of type
// end.
func ServeRawEvents(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(rawEvents())
}

func rawEvents() []byte {
	b := fmt.Appendf(nil, "event: all\ndata: %s\n\n", allBytes())
	for i, one := range allBytes() {
		b = fmt.Appendf(b, "event: one\nid: %d\ndata: %s\n\n", i, []byte{one})
	}
	return append(b, "event: end\ndata:\n\n"...)
}

const base64Runs = 21

// measureBase64 measures the CPU cost of base64.
func measureBase64(_ context.Context, _ Servers, n *Notes) error {
	message := randomMessages()[0]
	text := make([]byte, base64.StdEncoding.EncodedLen(len(message)))
	took := make([]time.Duration, base64Runs)
	for i := range took {
		start := time.Now()
		base64.StdEncoding.Encode(text, message)
		if _, err := base64.StdEncoding.Decode(message, text); err != nil {
			panic(err) // just encoded above
		}
		took[i] = time.Since(start)
	}
	n.Logf("base64 of %d bytes there and back: %v", len(message), took)
	n.Value("sse/encode", float64(median(took)), "ns", "Encoding %d bytes in base64 and decoding them took a median of %v on one core (%d runs).", len(message), result.Duration(float64(median(took))), base64Runs)
	return nil
}
