package report

import (
	"fmt"
	"io"

	"rtbench/report/result"
)

// each returns a function that writes part of every cell after a comment with its ID.
func each(part func(*result.Cell) ([]byte, error)) func(io.Writer, *result.Result) error {
	return func(w io.Writer, r *result.Result) error {
		for _, c := range r.Cells {
			b, err := part(c)
			if err != nil {
				return err
			}
			head := fmt.Sprintf("#[cell: %s]\n", oneLine(c.ID))
			if c.Config.Insecure {
				head += fmt.Sprintf("#[%s]\n", insecureNotice)
			}
			if c.Config.Times != "" {
				head += fmt.Sprintf("#[times: %s]\n", timesCaption(c))
			}
			if _, err := io.WriteString(w, head+string(b)); err != nil {
				return err
			}
		}
		return nil
	}
}
