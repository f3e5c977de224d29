package scenarios

import (
	"embed"
	"strings"
)

//go:embed presets/*.yaml
var presets embed.FS

// Presets returns the names of the presets in alphabetical order. A preset is a file that scenarios include to speak a
// protocol on top of WebSocket.
func Presets() []string { return namesIn(presets, "presets") }

// Preset returns the text of a preset and whether it exists.
func Preset(name string) ([]byte, bool) {
	b, err := presets.ReadFile("presets/" + name + ".yaml")
	return b, err == nil
}

// PresetAbout returns the key about of a preset.
func PresetAbout(name string) string {
	text, _ := Preset(name)
	for line := range strings.Lines(string(text)) {
		if about, ok := strings.CutPrefix(line, "about: "); ok {
			return strings.TrimSpace(about)
		}
	}
	return ""
}
