// Package licenses has the license texts of the third-party code in rtbench.
package licenses

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
)

//go:embed licenses.txt.gz
var compressed []byte

// WriteTo writes the names and versions of the third-party modules, each with its license texts and
// notices.
func WriteTo(w io.Writer) (int64, error) {
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return 0, err
	}
	return io.Copy(w, r)
}
