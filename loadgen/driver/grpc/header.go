package grpc

import (
	"cmp"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2/hpack"

	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// userAgent names the lean client.
const userAgent = "grpc-rtbench"

// leanHeader returns the fields of the request header.
func (c *call) leanHeader() http2.Header {
	scheme := "http"
	if c.target.TLS != nil {
		scheme = "https"
	}
	h := http2.Header{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: scheme},
		{Name: ":path", Value: c.path},
		{Name: ":authority", Value: c.authority},
		{Name: "content-type", Value: "application/grpc"},
		{Name: "user-agent", Value: cmp.Or(c.agent, userAgent)},
		{Name: "te", Value: "trailers"},
		{Name: "grpc-accept-encoding", Value: framing.GZIP},
	}
	if c.endpoint.Compression != "" {
		h = append(h, hpack.HeaderField{Name: "grpc-encoding", Value: c.endpoint.Compression})
	}
	if d := c.endpoint.Deadline; d > 0 {
		h = append(h, hpack.HeaderField{Name: "grpc-timeout", Value: timeout(d)})
	}
	for _, name := range slices.Sorted(maps.Keys(c.metadata)) {
		for _, v := range c.metadata[name] {
			if strings.HasSuffix(name, "-bin") {
				v = base64.RawStdEncoding.EncodeToString([]byte(v))
			}
			h = append(h, hpack.HeaderField{Name: name, Value: v})
		}
	}
	return h
}

// timeout returns d, rounded up, as the value of grpc-timeout, which has at most 8 digits (gRPC over
// HTTP2, Requests).
func timeout(d time.Duration) string {
	units := []struct {
		name string
		unit time.Duration
	}{{"n", time.Nanosecond}, {"u", time.Microsecond}, {"m", time.Millisecond}, {"S", time.Second}, {"M", time.Minute}}
	for _, u := range units {
		if n := (d-1)/u.unit + 1; n < 1e8 {
			return strconv.FormatInt(int64(n), 10) + u.name
		}
	}
	return strconv.FormatInt(int64((d-1)/time.Hour+1), 10) + "H"
}
