"""
Facts: what Debian and Python authors call licences, as SPDX identifiers. Ambiguous names are left out on purpose.

Sources:
    Debian: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/#license-short-name
        ("Expat", "GPL-2+", "CC0-1.0"; "MIT" there is what SPDX calls MIT when its text is Expat's), and
        base-files' copyright file: the Artistic licence of common-licenses is SPDX "Artistic-1.0-Perl".
    Python: classifiers with one meaning after PEP 639, appendix "Mapping License Classifiers to SPDX Identifiers";
        "BSD License", "Apache Software License", "GPL" and "GPLv2" without "or later" name no single licence there.
    SPDX: https://spdx.org/licenses/ for full names in free text.
"""

from __future__ import annotations

from collections.abc import Mapping

DEBIAN: Mapping[str, str] = {
    "expat": "MIT",
    "apache-2": "Apache-2.0",
    "apache-2-llvm-exceptions": "Apache-2.0 WITH LLVM-exception",
    "apache-2.0-with-llvm-exceptions": "Apache-2.0 WITH LLVM-exception",
    "artistic": "Artistic-1.0-Perl",
    "artistic-2": "Artistic-2.0",
    "bsd-2": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "bsd2": "BSD-2-Clause",
    "bsd3": "BSD-3-Clause",
    "bsd-4-clause-uc": "BSD-4-Clause-UC",
    "boost-1.0": "BSL-1.0",
    "cc0": "CC0-1.0",
    "gfdl-niv-1.1+": "GFDL-1.1-no-invariants-or-later",
    "gfdl-niv-1.2+": "GFDL-1.2-no-invariants-or-later",
    "gfdl-niv-1.3+": "GFDL-1.3-no-invariants-or-later",
    "openldap-2.8": "OLDAP-2.8",
    "mpl-2": "MPL-2.0",
}

DEBIAN_EXCEPTIONS: Mapping[str, str] = {
    "autoconf": "Autoconf-exception-generic",
    "autoconf-2.0": "Autoconf-exception-2.0",
    "autoconf-3.0": "Autoconf-exception-3.0",
    "bison": "Bison-exception-2.2",
    "classpath": "Classpath-exception-2.0",
    "font": "Font-exception-2.0",
    "libtool": "Libtool-exception",
    "linux-syscall-note": "Linux-syscall-note",
    "llvm": "LLVM-exception",
}

PYTHON: Mapping[str, str] = {
    "license :: cc0 1.0 universal (cc0 1.0) public domain dedication": "CC0-1.0",
    "license :: osi approved :: boost software license 1.0 (bsl-1.0)": "BSL-1.0",
    "license :: osi approved :: gnu affero general public license v3 or later (agplv3+)": "AGPL-3.0-or-later",
    "license :: osi approved :: gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later",
    "license :: osi approved :: gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
    "license :: osi approved :: gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.0-or-later",
    "license :: osi approved :: gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "license :: osi approved :: isc license (iscl)": "ISC",
    "license :: osi approved :: mit license": "MIT",
    "license :: osi approved :: mit no attribution license (mit-0)": "MIT-0",
    "license :: osi approved :: mozilla public license 1.1 (mpl 1.1)": "MPL-1.1",
    "license :: osi approved :: mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "license :: osi approved :: the unlicense (unlicense)": "Unlicense",
    "license :: osi approved :: universal permissive license (upl)": "UPL-1.0",
    "license :: osi approved :: zlib/libpng license": "Zlib",
    "0bsd": "0BSD",
    "2-clause bsd license": "BSD-2-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "asl 2": "Apache-2.0",
    "asl 2.0": "Apache-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd-2-clause license": "BSD-2-Clause",
    "bsd-3-clause license": "BSD-3-Clause",
    "expat license": "MIT",
    "gplv2+": "GPL-2.0-or-later",
    "gplv3+": "GPL-3.0-or-later",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "lgplv2+": "LGPL-2.0-or-later",
    "lgplv2.1+": "LGPL-2.1-or-later",
    "lgplv3+": "LGPL-3.0-or-later",
    "mit license": "MIT",
    "mit licence": "MIT",
    "modified bsd license": "BSD-3-Clause",
    "mpl 2.0": "MPL-2.0",
    "mozilla public license 2.0": "MPL-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "new bsd": "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "simplified bsd license": "BSD-2-Clause",
    "the mit license": "MIT",
    "the mit license (mit)": "MIT",
    "unlicense": "Unlicense",
}
