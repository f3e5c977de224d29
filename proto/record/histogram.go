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

// The geometry of every histogram: nanoseconds with three significant digits. Values
// above Highest are clamped and counted.
const (
	Highest = int64(10 * time.Minute)
	digits  = 3
)

// NewHistogram returns an empty histogram of about 260 KB.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, Highest, digits)
}

// Histograms hold the measured times of messages in nanoseconds. They belong to one
// goroutine.
type Histograms struct {
	Lag     *hdrhistogram.Histogram // sent − intended
	Service *hdrhistogram.Histogram // received − sent
	// Low bounds from below what the response times had been with messages sent on time:
	// Service without the queueing that a late sender may have caused.
	Low      *hdrhistogram.Histogram
	Response *hdrhistogram.Histogram // received − intended; for push and fan-out the delivery time
	// Clamped counts values above Highest or below 0, recorded as Highest or 0. Values
	// below 0 mean that two clocks disagree.
	Clamped uint64
}

// NewHistograms returns empty histograms.
func NewHistograms() Histograms {
	return Histograms{Lag: NewHistogram(), Service: NewHistogram(), Low: NewHistogram(), Response: NewHistogram()}
}

// merge adds o. Values out of range are clamped.
func (h *Histograms) merge(o *Histograms) {
	h.Clamped += o.Clamped
	_ = h.Low.Merge(o.Low)
	h.Clamped += uint64(h.Lag.Merge(o.Lag)) + uint64(h.Service.Merge(o.Service)) + uint64(h.Response.Merge(o.Response))
}

var errEncoding = errors.New("not a histogram in the standard compressed encoding")

// Decode decodes the output of Encode or of another tool in that encoding. It rejects
// unusual geometries before the library allocates their counts. The layout of V2: a
// cookie and the compressed length, followed by zlib data of a cookie, payload length,
// normalizing offset, digits (4 bytes each), lowest and highest value (8 each) and more.
func Decode(b []byte) (*hdrhistogram.Histogram, error) {
	raw := base64.NewDecoder(base64.StdEncoding, bytes.NewReader(b))
	if _, err := io.CopyN(io.Discard, raw, 8); err != nil {
		return nil, errEncoding
	}
	z, err := zlib.NewReader(raw)
	if err != nil {
		return nil, errEncoding
	}
	var header [32]byte
	if _, err := io.ReadFull(z, header[:]); err != nil {
		return nil, errEncoding
	}
	digits := binary.BigEndian.Uint32(header[12:])
	lowest, highest := int64(binary.BigEndian.Uint64(header[16:])), int64(binary.BigEndian.Uint64(header[24:]))
	if digits > 4 || lowest < 1 || lowest > Highest || highest < 2*lowest || highest > int64(24*time.Hour) {
		return nil, fmt.Errorf("%w: %d digits from %d to %d", errEncoding, digits, lowest, highest)
	}
	return hdrhistogram.Decode(b)
}
