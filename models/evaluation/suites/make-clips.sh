#!/bin/sh
# Makes the clips of `made.toml` in a folder: real backgrounds (VONG_DEMO_CLIPS), with what no lent clip shows drawn
# over them or changed in them. Needs ffmpeg and GStreamer's openh264enc.
#
#     VONG_DEMO_CLIPS=/a/folder models/evaluation/suites/make-clips.sh OUT
#     edge-agent evaluate models/evaluation/suites/made.toml --folder OUT
set -eu

[ $# -eq 1 ] || { echo "usage: VONG_DEMO_CLIPS=/a/folder $0 OUT" >&2; exit 2; }
clips=${VONG_DEMO_CLIPS:?name the folder of the lent clips}
out=$1
mkdir -p "$out"

# make NAME CLIP FILTERS [INPUT-OPTIONS]: a clip through ffmpeg's filters, as H.264 with a keyframe a second or so.
make() {
    name=$1 clip=$2 filters=$3
    shift 3
    [ -f "$clips/$clip" ] || { echo "no $clip in $clips: $name.mp4 is not made" >&2; return 0; }
    ffmpeg -v error "$@" -i "$clips/$clip" -filter_complex "$filters" -pix_fmt yuv420p -f yuv4mpegpipe - |
        gst-launch-1.0 -q fdsrc fd=0 ! y4mdec ! videoconvert ! openh264enc bitrate=2500000 gop-size=25 ! h264parse \
            ! mp4mux ! filesink location="$out/$name.mp4"
    echo "$name.mp4"
}

street=traffic_suburb_ahmetozlu.mp4
hills=neg_lyons_clouds_20190728.mp4

# The street's traffic runs backwards: everybody drives the wrong way.
make reversed-traffic $street "fps=12,reverse"
# Night: dark, noisy, and what is bright glows.
night="eq=brightness=-0.32:contrast=0.75:saturation=0.6,noise=alls=14:allf=t"
make night $street "fps=12,$night" -t 25
make night-junction redlight_giangvo_uv1615.mp4 "$night" -t 30
# Brake lights and a lamp post over the dark street: round, red or yellow; some stand, one pair drives off.
lamp="color=c=black@0:s=24x24:r=12,format=rgba,geq=r='255':g='G':b='40':a='255*exp(-((X-12)*(X-12)+(Y-12)*(Y-12))/40)'"
make night-lamps $street "[0:v]fps=12,$night[n];
    $(echo "$lamp" | sed "s/g='G'/g='30'/")[red];[red]split=3[a][b][c];
    $(echo "$lamp" | sed "s/g='G'/g='190'/")[lamp];
    [n][a]overlay=x=250:y=200:shortest=1[1];[1][b]overlay=x='330+20*t':y='210+8*t':shortest=1[2];
    [2][c]overlay=x='360+20*t':y='210+8*t':shortest=1[3];[3][lamp]overlay=x=520:y=60:shortest=1"
# Fog: thick, and drifting a little.
fog="eq=contrast=0.35:brightness=0.22:saturation=0.3,boxblur=2,eq=brightness='0.03*sin(t/3)':eval=frame"
make fog $street "fps=12,$fog" -t 25
# A low sun: warm light over hills and a glowing disc that sinks.
make sunset $hills "[0:v]fps=2,colortemperature=temperature=2400,eq=saturation=1.5[w];
    color=c=black@0:s=120x120:r=2,format=rgba,
    geq=r='255':g='170':b='60':a='255*exp(-((X-60)*(X-60)+(Y-60)*(Y-60))/500)'[sun];
    [w][sun]overlay=x=380:y='60+5*t':shortest=1"
# goods WHEN [COLOUR COLOUR]: a crate and a parcel on the pavement, while an expression of time holds.
goods() {
    echo "drawbox=x=165:y=250:w=46:h=40:color=${2:-0x9a6a3a}:t=fill:enable='$1',
        drawbox=x=165:y=250:w=46:h=40:color=0x4a2f18:t=2:enable='$1',
        drawbox=x=209:y=262:w=28:h=28:color=${3:-0x3f6aa8}:t=fill:enable='$1'"
}
# Put down after eight seconds and taken away after twenty-four.
make goods-on-the-pavement $street "fps=12,$(goods 'between(t,8,24)')"
# Put down when the clip has hardly begun; and goods that are taken away then.
make goods-from-the-beginning $street "fps=12,$(goods 'between(t,2,18)')" -t 26
make goods-that-go $street "fps=12,$(goods 'lt(t,4)')" -t 26
# The same by night and in fog, dark on a pavement that is bright in both.
make goods-by-night $street "fps=12,$(goods 'between(t,8,30)' 0x302418 0x203050),$night" -t 34
make goods-in-fog $street "fps=12,$(goods 'between(t,8,24)' 0x302418 0x203050),$fog" -t 34
# More than ten minutes, five seconds a picture, while clouds make it a third lighter and darker.
make goods-for-ten-minutes $street "fps=4,$(goods 'between(t,6,33)'),
    eq=contrast='1+0.3*sin(0.8*t)':brightness='0.15*sin(0.8*t)':eval=frame"
# A signal over the street: green, amber from six seconds on, red from eight; a lorry hides it from 22 to 30.
lens() { echo "drawbox=x=459:y=$1:w=14:h=14:color=$2:t=fill:enable='$3'"; }
make signal $street "fps=12,drawbox=x=456:y=30:w=20:h=56:color=0x0c0c0c:t=fill,
    $(lens 33 0x2a0a08 'lt(t,8)'),$(lens 33 0xff2a1c 'gte(t,8)'),
    $(lens 51 0x2a2008 1),$(lens 51 0xffb000 'between(t,6,8)'),
    $(lens 69 0x20ff70 'lt(t,6)'),$(lens 69 0x082a14 'gte(t,6)'),
    drawbox=x=430:y=10:w=96:h=120:color=0xb4b4ac:t=fill:enable='between(t,22,30)'"
# A plume over a hill from the eleventh picture on, a minute each: it rises, drifts and grows; cloud behind it moves.
plume() {
    echo "color=c=black@0:s=160x200:r=2:d=19,format=rgba,geq=r='198':g='198':b='202':a='235*clip((N-10)/6,0,1)*
        exp(-pow(X-80-(200-Y)*0.12*sin(N/5)-6*sin(Y/9+N)-4*sin(Y/4-N/2),2)/(60+3*(200-Y)*clip((N-8)/14,0.2,1.6)))*
        clip((Y-(190-7*(N-9)))/24,0,1)*(0.78+0.22*sin(X/5+Y/7+N))'"
}
make plume $hills "[0:v]fps=2[h];$(plume)[p];[h][p]overlay=x=250:y=60:shortest=1"
