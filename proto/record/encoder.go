package record

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"math"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// An encoder writes what Encode of HdrHistogram does. A compressor takes a megabyte, so it is used again: a
// repetition has dozens of histograms.
type encoder struct {
	plain  []byte
	packed bytes.Buffer
	z      *zlib.Writer
}

var encoders = sync.Pool{New: func() any {
	z, _ := zlib.NewWriterLevel(nil, zlib.BestCompression) // the level is valid
	return &encoder{z: z}
}}

// Encode returns h in the standard compressed V2 encoding of HdrHistogram, in base64.
func Encode(h *hdrhistogram.Histogram) ([]byte, error) {
	e, _ := encoders.Get().(*encoder)
	defer encoders.Put(e)
	return e.encode(h)
}

func (e *encoder) encode(h *hdrhistogram.Histogram) ([]byte, error) {
	e.header(h)
	e.counts(h.Export().Counts)
	binary.BigEndian.PutUint32(e.plain[4:], uint32(len(e.plain)-innerHeader))
	e.packed.Reset()
	e.packed.Write(make([]byte, outerHeader))
	e.z.Reset(&e.packed)
	if _, err := e.z.Write(e.plain); err != nil {
		return nil, err
	}
	if err := e.z.Close(); err != nil {
		return nil, err
	}
	b := e.packed.Bytes()
	binary.BigEndian.PutUint32(b, compressed|wordSize)
	binary.BigEndian.PutUint32(b[4:], uint32(len(b)-outerHeader))
	return base64.StdEncoding.AppendEncode(nil, b), nil
}

// header begins the part that is compressed. Its length is set later.
func (e *encoder) header(h *hdrhistogram.Histogram) {
	e.plain = binary.BigEndian.AppendUint64(e.plain[:0], (cookieV2|wordSize)<<32)
	e.plain = binary.BigEndian.AppendUint64(e.plain, uint64(h.SignificantFigures()))
	e.plain = binary.BigEndian.AppendUint64(e.plain, uint64(h.LowestTrackableValue()))
	e.plain = binary.BigEndian.AppendUint64(e.plain, uint64(h.HighestTrackableValue()))
	e.plain = binary.BigEndian.AppendUint64(e.plain, math.Float64bits(1)) // the conversion ratio
}

// counts appends the counts up to the last that is not 0. A negative number stands for as many zeros.
func (e *encoder) counts(all []int64) {
	last := max(1, len(all))
	for last > 1 && all[last-1] == 0 {
		last--
	}
	for i := 0; i < last; {
		n, first := all[i], i
		for i++; n == 0 && i < last && all[i] == 0; i++ {
		}
		if n == 0 && i-first > 1 {
			n = -int64(i - first)
		}
		e.plain = binary.AppendVarint(e.plain, n)
	}
}
