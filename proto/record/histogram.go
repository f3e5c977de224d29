package record

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The geometry of every histogram: nanoseconds, each value to three significant
// digits. A value above Highest is clamped to it and counted.
const (
	Highest = int64(10 * time.Minute)
	digits  = 3
)

// NewHistogram returns an empty histogram of that geometry, about 260 KB.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, Highest, digits)
}

// Histograms hold the three times that many messages leave, in nanoseconds. They
// belong to one goroutine.
type Histograms struct {
	Lag      *hdrhistogram.Histogram // sent − intended
	Service  *hdrhistogram.Histogram // received − sent
	Response *hdrhistogram.Histogram // received − intended; for push and fan-out the delivery time
	// Clamped counts values above Highest or below 0, which were recorded as
	// Highest or 0. Below 0 means that two clocks disagree.
	Clamped uint64
}

// NewHistograms returns three empty histograms.
func NewHistograms() Histograms {
	return Histograms{Lag: NewHistogram(), Service: NewHistogram(), Response: NewHistogram()}
}

// merge adds what o holds; what does not fit is clamped.
func (h *Histograms) merge(o *Histograms) {
	h.Clamped += o.Clamped
	h.Clamped += uint64(h.Lag.Merge(o.Lag)) + uint64(h.Service.Merge(o.Service)) + uint64(h.Response.Merge(o.Response))
}

// Encode returns h in HdrHistogram's standard compressed V2 encoding, base64.
func Encode(h *hdrhistogram.Histogram) ([]byte, error) {
	return h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
}

var errEncoding = errors.New("not a histogram in the standard compressed encoding")

// maxEncoded bounds what Decode takes apart: a histogram of this geometry
// with every bucket filled takes far less.
const maxEncoded = 1 << 20

// Decode reads what Encode writes, or any other tool in that encoding. It refuses
// what only a hostile sender writes: the library allocates what the header asks
// for. The layout is that of HdrHistogram's V2: a cookie and the compressed
// length, then deflated a cookie, payload length, normalizing offset, digits (4
// bytes each), lowest and highest value (8 each).
func Decode(b []byte) (h *hdrhistogram.Histogram, err error) {
	// The library trusts its input; what it panics on is an error here.
	defer func() {
		if recover() != nil {
			h, err = nil, errEncoding
		}
	}()
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	n, err := base64.StdEncoding.Decode(raw, b)
	if err != nil || n < 8 || n > maxEncoded {
		return nil, errEncoding
	}
	z, err := zlib.NewReader(bytes.NewReader(raw[8:n]))
	if err != nil {
		return nil, errEncoding
	}
	body, err := io.ReadAll(io.LimitReader(z, 8*maxEncoded))
	if err != nil || len(body) < 40 || len(body) >= 8*maxEncoded {
		return nil, errEncoding
	}
	digits := binary.BigEndian.Uint32(body[12:])
	lowest, highest := int64(binary.BigEndian.Uint64(body[16:])), int64(binary.BigEndian.Uint64(body[24:]))
	if digits > 4 || lowest < 1 || lowest > Highest || highest < 2*lowest || highest > int64(24*time.Hour) {
		return nil, fmt.Errorf("%w: %d digits from %d to %d", errEncoding, digits, lowest, highest)
	}
	return hdrhistogram.Decode(b)
}
