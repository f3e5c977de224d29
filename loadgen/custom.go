package loadgen

import (
	"context"
	"errors"
	"fmt"

	"rtbench/loadgen/target"
)

// An InvalidError reports a scenario that cannot run because of the files that it names or the
// gRPC method that it calls.
type InvalidError struct {
	Scenario string
	Err      error
}

func (e *InvalidError) Error() string { return fmt.Sprintf("scenario %s: %v", e.Scenario, e.Err) }

func (e *InvalidError) Unwrap() error { return e.Err }

// prepare compiles the custom targets of the jobs.
func prepare(ctx context.Context, jobs []job) error {
	made := map[string]*target.Custom{}
	for i := range jobs {
		j := &jobs[i]
		if !j.custom() || j.target != nil {
			continue
		}
		key := fmt.Sprintf("%p %s %s %s %d", j.scenario, j.cell.Protocol, j.cell.Pattern, j.cell.Model, j.cell.Size)
		if made[key] == nil {
			s, err := target.PrepareCustom(ctx, j.scenario, j.cell)
			if err == nil {
				err = errors.Join(s.CheckToken(ctx, j.scenario), target.CheckStats(ctx, j.scenario))
			}
			var unanswered *target.ReflectionError
			switch {
			case errors.As(err, &unanswered):
				return fmt.Errorf("scenario %s: %w", j.scenario.Name, err)
			case err != nil:
				return &InvalidError{j.scenario.Name, err}
			}
			made[key] = s
		}
		j.target = made[key]
	}
	return nil
}
