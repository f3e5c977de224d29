package report

import (
	"encoding/json"
	"io"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// JSON writes the stored result with the claims, preceded by a warning if a server's certificate
// was not verified. result.Decode reads it and ignores the additions.
func JSON(w io.Writer, r *result.Result) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Insecure string `json:"insecure,omitempty"`
		*result.Result
		Claims []claims.Claim `json:"claims"`
	}{Insecure(r), r, claims.Performance(r)})
}
