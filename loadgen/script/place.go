package script

// A Place is where a stream stands among those of all groups that run together.
type Place struct {
	Stream, Of int // the stream's number, and of how many
	Row        int // of the data
	Room       int
	Senders    Senders // of the messages that it receives
	ClockShift int64   // is added to the times in headers, for generators with other clocks
	// Answered and Beat are called after each answer and each heartbeat sent, by any goroutine; nil: nobody
	// counts them.
	Answered, Beat func()
}

// Alone returns the place of a stream that receives replies to its messages only.
func Alone(stream, of int) Place {
	return Place{Stream: stream, Of: of, Row: stream, Senders: Senders{stream, stream + 1, 1}}
}

// Senders are every Step-th stream from First to before Next.
type Senders struct{ First, Next, Step int }

// Has reports whether a stream is one of the senders.
func (s *Senders) Has(stream uint32) bool {
	n := int(stream)
	return n >= s.First && n < s.Next && (s.Step == 1 || (n-s.First)%s.Step == 0)
}

// Len returns the number of senders.
func (s *Senders) Len() int { return (s.Next - s.First + s.Step - 1) / s.Step }

// Index returns the position of a sender among the senders.
func (s *Senders) Index(stream uint32) int { return (int(stream) - s.First) / s.Step }
