package main

import "runtime/debug"

// version overrides the main module's version: the linker sets it (-X main.version=…) where the build sees no version
// control, as in an image build. Its natural value is what `git describe --always --dirty` prints.
var version string

// unknown stands for what the build did not record.
const unknown = "unknown"

// build says what this binary was built from.
type build struct {
	// version is the override, else the main module's version: "(devel)" for a build outside version control.
	version string
	// commit is the full revision, with "-dirty" after it when the working tree had changes.
	commit string
	// goVersion is the toolchain's version, such as "go1.26.0".
	goVersion string
}

// describeBuild reads info, which is nil in a binary built without module support. A non-empty override replaces the
// version.
func describeBuild(override string, info *debug.BuildInfo) build {
	b := build{version: unknown, commit: unknown, goVersion: unknown}
	if info != nil {
		b.version = info.Main.Version
		b.goVersion = info.GoVersion
		b.commit = commitOf(info.Settings)
	}
	if override != "" {
		b.version = override
	}
	return b
}

func commitOf(settings []debug.BuildSetting) string {
	commit, dirty := unknown, ""
	for _, setting := range settings {
		switch setting.Key {
		case "vcs.revision":
			commit = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				dirty = "-dirty"
			}
		}
	}
	return commit + dirty
}
