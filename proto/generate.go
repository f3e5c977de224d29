package proto

//go:generate go tool -modfile=../.ci/tools/go.mod buf generate
