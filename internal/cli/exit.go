package cli

import "fmt"

// Exit codes. 99, 104 and 105 are k6's.
const (
	exitGood         = 0
	exitFailed       = 1
	exitUsage        = 2
	exitThreshold    = 99
	exitScenario     = 104
	exitInterrupted  = 105
	exitRegression   = 111
	exitInconclusive = 112
	exitInvalid      = 113
	exitNoBaseline   = 115
)

// codedError is an error with an exit code of its own.
type codedError struct {
	error
	code int
}

func (e codedError) Unwrap() error { return e.error }

func usage(format string, args ...any) error {
	return codedError{fmt.Errorf(format, args...), exitUsage}
}

func coded(code int, format string, args ...any) error {
	return codedError{fmt.Errorf(format, args...), code}
}
