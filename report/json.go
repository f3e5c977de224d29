package report

import (
	"encoding/json"
	"io"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// JSON writes the result as it is stored, with the claims beside it and before it, in
// words, that a server's certificate was not verified.
// result.Decode reads it, without the claims.
func JSON(w io.Writer, r *result.Result) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Insecure string `json:"insecure,omitempty"`
		*result.Result
		Claims []claims.Claim `json:"claims"`
	}{Insecure(r), r, claims.Performance(r)})
}
