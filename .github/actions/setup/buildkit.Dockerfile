# The builder's image. A Dockerfile, so that Dependabot keeps it up to date.
FROM moby/buildkit:v0.34.0@sha256:b059f8d7226d0b326bc871af489a5dddf65e36af4d20d14251b072974d9ee87c
