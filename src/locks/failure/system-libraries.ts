/** What builds of well-known source distributions say when a library, header or compiler is not on the machine. Data. */

export interface LibraryRule {
  readonly words: RegExp;
  /** What is missing, as people call it; `$1` is the first group of `words`. */
  readonly library: string;
  /** Debian's package that has it; null when that depends. */
  readonly debian: string | null;
  /** The package that says so, where only one does. */
  readonly package: string | null;
}

/** The most telling first. */
export const LIBRARY_RULES: readonly LibraryRule[] = [
  {
    words:
      /pkg-config --exists (?:mysqlclient|mariadb)|MYSQLCLIENT_CFLAGS|mysql_config(?::)? (?:command )?not found|mysql\.h: No such file/iu,
    library: 'the MySQL or MariaDB client library',
    debian: 'default-libmysqlclient-dev pkg-config',
    package: 'mysqlclient',
  },
  {
    words:
      /pg_config executable not found|pg_config is required|pg_config: not found|couldn't run 'pg_config'|libpq-fe\.h: No such file/iu,
    library: "PostgreSQL's client library (pg_config, libpq)",
    debian: 'libpq-dev',
    package: null,
  },
  {
    words: /lber\.h: No such file|(?<![\w.])ldap\.h: No such file|cannot find -l(?:ldap|lber)/iu,
    library: 'the OpenLDAP library (lber.h)',
    debian: 'libldap2-dev libsasl2-dev',
    package: 'python-ldap',
  },
  {
    words: /sasl(?:\/sasl)?\.h: No such file/iu,
    library: 'the SASL library (sasl.h)',
    debian: 'libsasl2-dev',
    package: null,
  },
  {
    words:
      /make sure the development packages of libxml2 and libxslt are installed|libxml2 and libxslt development packages|xslt-config: not found|libxml\/\w+\.h: No such file/iu,
    library: 'libxml2 and libxslt',
    debian: 'libxml2-dev libxslt1-dev',
    package: null,
  },
  {
    words:
      /xmlsec1? (?:is )?(?:not found|not installed)|Unable to invoke pkg-config|No package 'xmlsec1' found|xmlsec\/\w+\.h: No such file/iu,
    library: 'the XML security library (xmlsec1)',
    debian: 'libxmlsec1-dev pkg-config',
    package: 'xmlsec',
  },
  {
    words:
      /headers or library files could not be found for (?:jpeg|zlib)|RequiredDependencyException: (?:jpeg|zlib)/iu,
    library: 'the image libraries of Pillow (libjpeg, zlib)',
    debian: 'libjpeg-dev zlib1g-dev',
    package: 'pillow',
  },
  {
    words:
      /can't find Rust compiler|cargo, the Rust package manager, is not installed|linker `cc` not found|rustc: command not found|No such file or directory: 'cargo'|Cargo, the Rust package manager/iu,
    library: 'the Rust compiler (cargo)',
    debian: 'cargo',
    package: null,
  },
  {
    words: /ffi\.h: No such file|No package 'libffi' found/iu,
    library: 'libffi (ffi.h)',
    debian: 'libffi-dev',
    package: null,
  },
  {
    words: /openssl\/\w+\.h: No such file|Could not find directory of OpenSSL installation|openssl-sys/iu,
    library: 'OpenSSL',
    debian: 'libssl-dev pkg-config',
    package: null,
  },
  {
    words:
      /Could not find kerberos header files|gssapi(?:\/\w+)?\.h: No such file|krb5-config: not found|No such file or directory: 'krb5-config'/iu,
    library: 'the Kerberos library (krb5-config)',
    debian: 'libkrb5-dev',
    package: null,
  },
  {
    words: /Could not find hdf5|Unable to load dependency HDF5|hdf5\.h: No such file/iu,
    library: 'the HDF5 library',
    debian: 'libhdf5-dev',
    package: null,
  },
  {
    words: /gdal-config(?:[^.]{0,60})(?:not found|No such file)|GDAL API version must be specified/iu,
    library: 'the GDAL library (gdal-config)',
    debian: 'libgdal-dev',
    package: 'gdal',
  },
  {
    words: /geos-config(?:[^.]{0,60})(?:not found|No such file)|geos_c\.h: No such file/iu,
    library: 'the GEOS library (geos-config)',
    debian: 'libgeos-dev',
    package: null,
  },
  {
    words: /curl-config(?:[^.]{0,60})(?:not found|No such file)|Could not run curl-config/iu,
    library: 'libcurl (curl-config)',
    debian: 'libcurl4-openssl-dev libssl-dev',
    package: 'pycurl',
  },
  {
    words: /sql\.h: No such file/iu,
    library: 'unixODBC (sql.h)',
    debian: 'unixodbc-dev',
    package: 'pyodbc',
  },
  {
    words: /Python\.h: No such file/iu,
    library: "Python's own headers (Python.h)",
    debian: 'python3-dev',
    package: null,
  },
  {
    words: /fatal error: ([\w./+-]{1,100}): No such file/iu,
    library: 'the library that has $1',
    debian: null,
    package: null,
  },
  {
    words: /install a library that provides `([^`]{1,100})`/iu,
    library: 'the library that has $1',
    debian: null,
    package: null,
  },
  { words: /No package '([\w.+-]{1,60})' found/iu, library: 'the library $1', debian: null, package: null },
  { words: /cannot find -l([\w.+-]{1,60})/iu, library: 'the library lib$1', debian: null, package: null },
  {
    words:
      /(?:command|error: command) '[^']{0,100}(?:gcc|cc|g\+\+|clang)' failed: No such file|unable to execute '?[^' ]{0,80}(?:gcc|cc|g\+\+)|(?:gcc|cc|g\+\+): (?:command )?not found|No such file or directory: '(?:gcc|cc|g\+\+)'|Unknown compiler\(s\)|No CMAKE_C(?:XX)?_COMPILER could be found/iu,
    library: 'a C compiler',
    debian: 'build-essential',
    package: null,
  },
  {
    words:
      /pkg-config(?:[^.]{0,40})(?:not found|is required|No such file)|No such file or directory: 'pkg-config'/iu,
    library: 'pkg-config',
    debian: 'pkg-config',
    package: null,
  },
  {
    words: /CMake must be installed|No such file or directory: 'cmake'/iu,
    library: 'CMake',
    debian: 'cmake',
    package: null,
  },
];
