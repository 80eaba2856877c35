const split = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ""));

/** Modules of Python itself, versions 2.7 to 3.13: whatever they hold is on every machine. */
export const pythonModules = split(`
__builtin__ __builtins__ __future__ _abc _ast _asyncio _bisect _bootsubprocess _bz2 _codecs _collections _compat_pickle
_csv _ctypes _curses _datetime _decimal _elementtree _frozen_importlib _frozen_importlib_external _functools _hashlib _heapq
_imp _interpreters _io _json _locale _lsprof _lzma _multibytecodec _multiprocessing _opcode _operator _osx_support _pickle
_posixsubprocess _py_abc _pydatetime _pydecimal _pyio _pyrepl _queue _random _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat
_string _struct _subinterpreters _symtable _testcapi _thread _threading_local _tkinter _tracemalloc _warnings _weakref _winapi
_winreg abc aifc antigravity anydbm argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect
builtins bz2 cPickle cProfile cStringIO calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys commands
compileall compiler concurrent configparser ConfigParser contextlib contextvars copy copy_reg copyreg crypt csv ctypes curses
dataclasses datetime dbm decimal difflib dircache dis distutils dl doctest dummy_thread email encodings ensurepip enum errno
exceptions faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools future_builtins gc genericpath getopt getpass
gettext glob graphlib grp gzip hashlib heapq hmac html htmlentitydefs htmllib HTMLParser http idlelib ihooks imaplib imghdr imp
importlib imputil inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math
mimetools mimetypes mmap modulefinder msilib msvcrt multiprocessing mutex netrc new nis nntplib nt ntpath nturl2path numbers opcode
operator optparse os os2 ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib popen2 poplib posix
posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat Queue queue quopri random re readline reprlib
resource rexec rlcompleter runpy sched secrets select selectors sets shelve shlex shutil signal site sitecustomize smtpd smtplib sndhdr
socket SocketServer socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics statvfs string StringIO
stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap this thread
threading time timeit tkinter Tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing
unicodedata unittest urllib urllib2 urlparse user UserDict UserList uu uuid venv warnings wave weakref webbrowser whichdb winreg
winsound wsgiref xdrlib xml xmlrpc xmlrpclib zipapp zipfile zipimport zlib zoneinfo
`);

/** Packages in which a class can start a program, load one, or speak to a network when it is made. */
export const actingPackages = split(`
torch torchvision torchaudio numpy scipy pandas matplotlib sklearn IPython ipykernel jupyter notebook pip setuptools pkg_resources
_distutils_hack wheel conda cffi cython numba pybind11 pexpect ptyprocess sh plumbum invoke fabric paramiko ansible docker celery
dask distributed ray joblib dill cloudpickle jsonpickle hickle shelve yaml ruamel jinja2 mako django flask tornado twisted gevent
eventlet uvicorn requests urllib3 httpx aiohttp boto3 botocore fsspec s3fs gcsfs sqlalchemy psycopg2 pymysql MySQLdb tensorflow keras
jax jaxlib flax transformers datasets huggingface_hub diffusers accelerate deepspeed wandb mlflow tensorboard sympy numexpr theano
pytorch_lightning lightning pdb ipdb pudb nose pytest _pytest py tox virtualenv poetry psutil pywintypes win32api win32com
win32process PIL cv2 imageio nibabel h5py tables fickling sys
`);

/** Plain data of Python, NumPy and pandas that files hold beside their numbers: full names. Making one does nothing else. */
export const plainData = split(`
argparse.Namespace types.SimpleNamespace datetime.datetime datetime.date datetime.time datetime.timedelta datetime.timezone
decimal.Decimal fractions.Fraction uuid.UUID array.array array._array_reconstructor ipaddress.IPv4Address
pathlib.Path pathlib.PurePath pathlib.PosixPath pathlib.PurePosixPath pathlib.WindowsPath pathlib.PureWindowsPath
collections.defaultdict collections.deque collections.UserDict collections.UserList
builtins.frozenset builtins.object builtins.list builtins.dict builtins.tuple builtins.int builtins.float builtins.str builtins.bytes
builtins.bool builtins.slice builtins.range __builtin__.frozenset __builtin__.object __builtin__.list __builtin__.dict
__builtin__.tuple __builtin__.int __builtin__.long __builtin__.float __builtin__.str __builtin__.unicode __builtin__.bool
__builtin__.slice __builtin__.xrange
numpy.float64 numpy.float32 numpy.float16 numpy.int64 numpy.int32 numpy.int16 numpy.int8 numpy.uint64 numpy.uint32 numpy.uint16
numpy.uint8 numpy.bool_ numpy.str_ numpy.bytes_ numpy.complex64 numpy.complex128 numpy.datetime64 numpy.timedelta64 numpy.matrix
numpy.random.__RandomState_ctor numpy.random._pickle.__randomstate_ctor numpy.random._pickle.__generator_ctor
numpy.random._pickle.__bit_generator_ctor numpy.random.mtrand.RandomState numpy.ma.core.MaskedArray numpy.ma.core._mareconstruct
pandas.core.frame.DataFrame pandas.core.series.Series pandas._libs.internals._unpickle_block
pandas._libs.arrays.__pyx_unpickle_NDArrayBacked pandas.core.indexes.base._new_Index
joblib.numpy_pickle.NumpyArrayWrapper scipy.sparse._csr.csr_matrix scipy.sparse.csr.csr_matrix
PIL.Image.Image PIL.PngImagePlugin.PngImageFile
`);

/** Folders of plain containers within acting packages. Layers of networks are no such thing: a saved model acts when it is used. */
export const plainFolders =
  /^(torch\.utils\.data\.dataset|numpy\.dtypes|pandas\.core\.(indexes|internals|arrays))(\.|$)/;
